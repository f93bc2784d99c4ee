<?php
/**
 * Signs what came in and hands it on.
 *
 * @package OpsMantik
 */

defined( 'ABSPATH' ) || exit;

/** Seconds that the server has to answer (contract section 14). */
const OPSMANTIK_TIMEOUT = 4;

/** An answer of the contract is a few hundred bytes. */
const OPSMANTIK_ANSWER_MAX_BYTES = 1048576;

/**
 * HMAC-SHA256 of the timestamp, a dot and the body's bytes (contract section 3). Fetches the secret by itself: an
 * argument would show in stack traces.
 *
 * @param string $ts   Unix seconds.
 * @param string $body Bytes.
 * @return string 64 hex digits.
 */
function opsmantik_sign( $ts, $body ) {
	return hash_hmac( 'sha256', $ts . '.' . $body, opsmantik_secret() );
}

/**
 * The headers that go with a body.
 *
 * @param WP_REST_Request $request What came in.
 * @param string          $site    Site id, as the body writes it.
 * @param string          $id      Request id.
 * @return string[]
 */
function opsmantik_headers( $request, $site, $id ) {
	$ts      = (string) time();
	$headers = array(
		'Content-Type'     => 'application/json',
		'X-Ops-Site-Id'    => $site,
		'X-Ops-Ts'         => $ts,
		'X-Ops-Signature'  => opsmantik_sign( $ts, $request->get_body() ),
		'X-Ops-Proxy'      => '1',
		// Not the Host header, which is the caller's own word.
		'X-Ops-Proxy-Host' => opsmantik_ascii_host( (string) wp_parse_url( home_url(), PHP_URL_HOST ) ),
		'X-Request-Id'     => $id,
	);
	// phpcs:ignore WordPress.Security.ValidatedSanitizedInput -- set by the web server, and checked here.
	$address   = isset( $_SERVER['REMOTE_ADDR'] ) ? filter_var( wp_unslash( $_SERVER['REMOTE_ADDR'] ), FILTER_VALIDATE_IP ) : '';
	$forwarded = implode( ', ', array_filter( array( $request->get_header( 'x-forwarded-for' ), $address ) ) );
	if ( '' !== $forwarded ) {
		$headers['X-Forwarded-For'] = $forwarded;
	}
	return $headers;
}

/**
 * Asks the server and hands back what it says.
 *
 * @param WP_REST_Request $request What came in.
 * @param string          $path    The server's path.
 * @param string          $site    Site id, as the body writes it.
 * @param string          $id      Request id.
 * @return WP_REST_Response
 */
function opsmantik_forward( $request, $path, $site, $id ) {
	$arguments = array(
		'timeout'             => OPSMANTIK_TIMEOUT,
		// A redirect could carry the signature to somebody else, or turn the POST into a GET.
		'redirection'         => 0,
		'httpversion'         => '1.1',
		'headers'             => opsmantik_headers( $request, $site, $id ),
		'body'                => $request->get_body(),
		'limit_response_size' => OPSMANTIK_ANSWER_MAX_BYTES,
	);
	// The visitor's, which the server tells visitors apart by; WordPress' own names this site and its version.
	$agent = $request->get_header( 'user-agent' );
	if ( $agent ) {
		$arguments['user-agent'] = $agent;
	}

	$settings = opsmantik_settings();
	$started  = microtime( true );
	$upstream = wp_remote_post( $settings['console_url'] . $path, $arguments );
	if ( is_wp_error( $upstream ) ) {
		// The message differs between transports; the clock does not. A transport may give up a moment early.
		$late = microtime( true ) - $started > OPSMANTIK_TIMEOUT - 0.1;
		return opsmantik_refuse( $late ? 'UPSTREAM_TIMEOUT' : 'UPSTREAM_UNREACHABLE', $id );
	}

	$status = (int) wp_remote_retrieve_response_code( $upstream );
	$json   = wp_remote_retrieve_body( $upstream );
	$done   = '' === $json && $status >= 200 && $status < 300;
	// What is not JSON did not come from the server that we speak to. Other servers acknowledge with an empty body.
	if ( ! $done && ! opsmantik_read_json( $json, $value ) ) {
		return opsmantik_refuse( 'UPSTREAM_UNREACHABLE', $id );
	}
	$headers = array( 'X-Request-Id' => $id );
	foreach ( array( 'X-Request-Id', 'Retry-After' ) as $name ) {
		$value = wp_remote_retrieve_header( $upstream, $name );
		if ( is_string( $value ) && '' !== $value ) {
			$headers[ $name ] = $value;
		}
	}
	return opsmantik_answer( $status, $json, $headers );
}
