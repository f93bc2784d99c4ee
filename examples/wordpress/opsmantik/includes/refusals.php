<?php
/**
 * What the proxy itself answers. `code` is for programs and `error` for developers, so neither is translated.
 *
 * @package OpsMantik
 */

defined( 'ABSPATH' ) || exit;

/** Status and sentence of each code (contract section 7). */
const OPSMANTIK_REFUSALS = array(
	'METHOD_NOT_ALLOWED'   => array( 405, 'Method not allowed' ),
	'ORIGIN_NOT_ALLOWED'   => array( 403, 'Origin not allowed' ),
	'PAYLOAD_TOO_LARGE'    => array( 413, 'The body is larger than 65536 bytes' ),
	'BAD_REQUEST'          => array( 400, 'The request has no body' ),
	'INVALID_JSON'         => array( 400, 'The body is not valid JSON in UTF-8' ),
	'INVALID_SITE_ID'      => array( 400, 'Unknown site_id' ),
	'RATE_LIMITED'         => array( 429, 'Rate limit exceeded' ),
	'PROXY_NOT_CONFIGURED' => array( 500, 'The proxy has no secret' ),
	'UPSTREAM_UNREACHABLE' => array( 502, 'The server behind the proxy cannot be reached' ),
	'UPSTREAM_TIMEOUT'     => array( 504, 'The server behind the proxy did not answer in time' ),
	'INTERNAL'             => array( 500, 'Something went wrong on our side' ),
);

/**
 * An answer whose body is sent as it is. Data that is a string tells opsmantik_serve() so.
 *
 * @param int      $status  HTTP status.
 * @param string   $json    Body.
 * @param string[] $headers Further headers.
 * @return WP_REST_Response
 */
function opsmantik_answer( $status, $json, $headers ) {
	$fixed = array(
		'Content-Type'  => 'application/json',
		'Cache-Control' => 'no-store',
	);
	return new WP_REST_Response( $json, $status, array_merge( $fixed, $headers ) );
}

/**
 * A refusal in the contract's words.
 *
 * @param string   $code    One of OPSMANTIK_REFUSALS.
 * @param string   $id      Request id.
 * @param array    $more    Further fields of the body.
 * @param string[] $headers Further headers.
 * @return WP_REST_Response
 */
function opsmantik_refuse( $code, $id, $more = array(), $headers = array() ) {
	list( $status, $error ) = OPSMANTIK_REFUSALS[ $code ];

	$body = array_merge(
		array(
			'error'      => $error,
			'code'       => $code,
			'request_id' => $id,
		),
		$more
	);
	if ( $status >= 500 ) {
		/**
		 * Fires when an event could not be handed on, for whoever watches over the site.
		 *
		 * @param string $code What went wrong.
		 * @param string $id   Request id, as in the answer.
		 */
		do_action( 'opsmantik_failed', $code, $id );
	}
	$json = wp_json_encode( $body, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE );
	return opsmantik_answer( $status, $json, array_merge( array( 'X-Request-Id' => $id ), $headers ) );
}
