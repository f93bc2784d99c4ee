<?php
/**
 * Signs what came in and hands it on.
 *
 * @package OpsMantik
 */

defined( 'ABSPATH' ) || exit;

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
	$address = opsmantik_client_address( $request );
	// The server believes the last entry. Without an address there is none that it may believe: the others are the
	// caller's own words.
	if ( '' !== $address ) {
		$chain                      = array_filter( array_map( 'trim', explode( ',', (string) $request->get_header( 'x-forwarded-for' ) ) ) );
		$headers['X-Forwarded-For'] = implode( ', ', array_merge( $chain, array( $address ) ) );
	}
	return $headers;
}

/**
 * Returns the visitor's address, or an empty string if it is not known.
 *
 * @param WP_REST_Request $request What came in.
 * @return string
 */
function opsmantik_client_address( $request ) {
	// phpcs:ignore WordPress.Security.ValidatedSanitizedInput -- set by the web server, and checked below.
	$address = isset( $_SERVER['REMOTE_ADDR'] ) ? wp_unslash( $_SERVER['REMOTE_ADDR'] ) : '';
	/**
	 * Filters the visitor's address, for sites behind a CDN whose address REMOTE_ADDR is. Use only a header that the CDN
	 * overwrites, or visitors can choose their address.
	 *
	 * @param string          $address IPv4 or IPv6.
	 * @param WP_REST_Request $request The event.
	 */
	$address = apply_filters( 'opsmantik_client_address', $address, $request );
	return is_string( $address ) ? (string) filter_var( trim( $address ), FILTER_VALIDATE_IP ) : '';
}

/**
 * Asks the server and returns its response.
 *
 * @param WP_REST_Request $request What came in.
 * @param string          $path    The server's path.
 * @param string          $site    Site id, as the body writes it.
 * @param string          $id      Request id.
 * @return WP_REST_Response
 */
function opsmantik_forward( $request, $path, $site, $id ) {
	$arguments = array(
		'headers' => opsmantik_headers( $request, $site, $id ),
		'body'    => $request->get_body(),
	);
	// The visitor's, which the server tells visitors apart by; WordPress' own names this site and its version.
	$agent = $request->get_header( 'user-agent' );
	if ( $agent ) {
		$arguments['user-agent'] = $agent;
	}
	$settings = opsmantik_settings();
	$upstream = opsmantik_ask_upstream( $settings['console_url'] . $path, $arguments );
	if ( is_string( $upstream ) ) {
		return opsmantik_refuse( $upstream, $id );
	}

	$status = (int) wp_remote_retrieve_response_code( $upstream );
	$json   = wp_remote_retrieve_body( $upstream );
	if ( ! opsmantik_is_contract( $upstream, $status, $json ) ) {
		return opsmantik_refuse( 'UPSTREAM_UNREACHABLE', $id );
	}
	$headers = array( 'X-Request-Id' => $id );
	foreach ( array( 'X-Request-Id', 'Retry-After' ) as $name ) {
		$value = wp_remote_retrieve_header( $upstream, $name );
		if ( is_string( $value ) && preg_match( '/^[\x20-\x7e]{1,128}$/D', $value ) ) {
			$headers[ $name ] = $value;
		}
	}
	return opsmantik_answer( $status, $json, $headers );
}

/**
 * Returns whether a response came from the server that we speak to. Redirects and HTML come from something in between.
 * Other servers acknowledge with an empty body.
 *
 * @param array  $upstream The response.
 * @param int    $status   Its status.
 * @param string $json     Its body.
 * @return bool
 */
function opsmantik_is_contract( $upstream, $status, $json ) {
	$type = implode( ',', (array) wp_remote_retrieve_header( $upstream, 'content-type' ) );
	if ( $status < 200 || ( $status >= 300 && $status < 400 ) || false !== stripos( $type, 'html' ) ) {
		return false;
	}
	return ( '' === $json && $status < 300 ) || opsmantik_read_json( $json, $value );
}
