<?php
/**
 * A limit for each visitor, before anything is signed: a flood costs the site little and the server nothing.
 *
 * @package OpsMantik
 */

defined( 'ABSPATH' ) || exit;

/** Requests of one address in one minute. People press a few times; an office behind one address a few dozen times. */
const OPSMANTIK_LIMIT_PER_MINUTE = 300;

/**
 * Counts a request.
 *
 * @param WP_REST_Request $request What came in.
 * @return int Seconds to wait; 0 if the request is within the limit.
 */
function opsmantik_seconds_to_wait( $request ) {
	/**
	 * Filters how many requests one address may send in a minute; 0 for no limit.
	 *
	 * @param int $limit Requests.
	 */
	$limit   = (int) apply_filters( 'opsmantik_limit_per_minute', OPSMANTIK_LIMIT_PER_MINUTE );
	$address = opsmantik_client_address( $request );
	// Without an address all visitors would share one limit.
	if ( $limit < 1 || '' === $address ) {
		return 0;
	}
	$now = time();
	// The address itself is not stored.
	$key = 'opsmantik_' . substr( wp_hash( $address, 'nonce' ), 0, 20 ) . '_' . intdiv( $now, MINUTE_IN_SECONDS );
	if ( wp_using_ext_object_cache() ) {
		wp_cache_add( $key, 0, 'opsmantik', MINUTE_IN_SECONDS );
		$count = (int) wp_cache_incr( $key, 1, 'opsmantik' );
	} else {
		$count = (int) get_transient( $key ) + 1;
		set_transient( $key, $count, MINUTE_IN_SECONDS );
	}
	return $count > $limit ? MINUTE_IN_SECONDS - $now % MINUTE_IN_SECONDS : 0;
}
