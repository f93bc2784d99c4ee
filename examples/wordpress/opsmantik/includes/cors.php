<?php
/**
 * The CORS headers of the two routes (contract section 2).
 *
 * @package OpsMantik
 */

defined( 'ABSPATH' ) || exit;

/** Methods of the routes. */
const OPSMANTIK_METHODS = 'POST, OPTIONS';

/** What the response to a preflight allows a browser to send. */
const OPSMANTIK_PREFLIGHT = array(
	'Access-Control-Allow-Methods' => OPSMANTIK_METHODS,
	'Access-Control-Allow-Headers' => 'Content-Type, X-Ops-Site-Id, X-Ops-Ts, X-Ops-Signature',
	'Access-Control-Max-Age'       => '7200',
);

/** What a page may read of a response. */
const OPSMANTIK_EXPOSED = 'Retry-After, RateLimit, RateLimit-Policy, X-Request-Id';

/**
 * Sends the CORS headers in place of those that WordPress has set. They are on every response, also on one that a firewall
 * of the site's own gave: a page on a further origin that cannot read it would send its event again for a week.
 *
 * @param WP_REST_Request $request A request to one of our routes.
 * @param int             $status  Of the response.
 */
function opsmantik_send_cors_headers( $request, $status ) {
	if ( headers_sent() ) {
		return;
	}
	$varies = false;
	foreach ( headers_list() as $header ) {
		if ( 0 === stripos( $header, 'Access-Control-' ) ) {
			header_remove( strstr( $header, ':', true ) );
		}
		$varies = $varies || preg_match( '/^Vary:.*\bOrigin\b/i', $header );
	}
	if ( ! $varies ) {
		header( 'Vary: Origin', false );
	}
	header( 'Cache-Control: no-store' );
	try {
		$origin = $request->get_header( 'origin' );
		if ( null === $origin || ! opsmantik_allows( $origin ) ) {
			return;
		}
	} catch ( Throwable $error ) {
		// A filter of the site's own threw; opsmantik_handle() has said so.
		return;
	}
	header( 'Access-Control-Allow-Origin: ' . $origin );
	header( 'Access-Control-Expose-Headers: ' . OPSMANTIK_EXPOSED );
	if ( 'OPTIONS' === $request->get_method() && 204 === $status ) {
		foreach ( OPSMANTIK_PREFLIGHT as $name => $value ) {
			header( $name . ': ' . $value );
		}
	}
}
