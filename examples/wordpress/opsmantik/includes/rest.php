<?php
/**
 * The two routes of the proxy (contract section 14).
 *
 * @package OpsMantik
 */

defined( 'ABSPATH' ) || exit;

/** Where each route's events go on the server. */
const OPSMANTIK_ROUTES = array(
	'/opsmantik/v1/call-event' => '/api/call-event/v2',
	'/opsmantik/v1/sync'       => '/api/sync',
);

/**
 * Makes the routes known to WordPress.
 */
function opsmantik_register_routes() {
	foreach ( array( '/call-event', '/sync' ) as $route ) {
		register_rest_route(
			'opsmantik/v1',
			$route,
			array(
				'methods'             => 'POST',
				'callback'            => 'opsmantik_handle',
				// Visitors are not logged in. What guards the routes is the origin, the site id and the server's limits.
				'permission_callback' => '__return_true',
				// Routes that are listed at /wp-json/ are found and flooded.
				'show_in_index'       => false,
			)
		);
	}
}

/**
 * Takes the namespace out of the list at /wp-json/, as show_in_index does with the routes.
 *
 * @param WP_REST_Response $response The list.
 * @return WP_REST_Response
 */
function opsmantik_hide_from_index( $response ) {
	$data = $response->get_data();
	if ( isset( $data['namespaces'] ) && is_array( $data['namespaces'] ) ) {
		$data['namespaces'] = array_values( array_diff( $data['namespaces'], array( 'opsmantik/v1' ) ) );
	}
	unset( $data['routes']['/opsmantik/v1'] );
	$response->set_data( $data );
	return $response;
}

/**
 * Returns where a request goes on the server.
 *
 * @param WP_REST_Request $request A request to any route.
 * @return string|null Null for a route that is not ours.
 */
function opsmantik_upstream_path( $request ) {
	// WordPress matches routes without regard to case.
	$route = strtolower( untrailingslashit( $request->get_route() ) );
	return isset( OPSMANTIK_ROUTES[ $route ] ) ? OPSMANTIK_ROUTES[ $route ] : null;
}

/**
 * Answers before WordPress looks at the request: it would refuse a malformed body in words of its own before the origin
 * was asked for, and welcome a preflight from anywhere.
 *
 * @param mixed           $result  What another plugin answers, if one does.
 * @param WP_REST_Server  $server  Unused.
 * @param WP_REST_Request $request A request to any route.
 * @return mixed
 */
function opsmantik_pre_dispatch( $result, $server, $request ) {
	if ( null === opsmantik_upstream_path( $request ) ) {
		return $result;
	}
	// By now WordPress has answered a preflight itself.
	return null === $result || 'OPTIONS' === $request->get_method() ? opsmantik_handle( $request ) : $result;
}

/**
 * Never throws, and never lets an error speak for itself.
 *
 * @param WP_REST_Request $request A request to one of our routes.
 * @return WP_REST_Response
 */
function opsmantik_handle( $request ) {
	// Page caches leave out what they find this constant on.
	defined( 'DONOTCACHEPAGE' ) || define( 'DONOTCACHEPAGE', true );
	$id = wp_generate_uuid4();
	try {
		return opsmantik_proxy( $request, $id );
	} catch ( Throwable $error ) {
		return opsmantik_refuse( 'INTERNAL', $id );
	}
}

/**
 * The checks, in the contract's order.
 *
 * @param WP_REST_Request $request A request to one of our routes.
 * @param string          $id      Request id.
 * @return WP_REST_Response
 */
function opsmantik_proxy( $request, $id ) {
	$is_options = 'OPTIONS' === $request->get_method();
	if ( ! $is_options && 'POST' !== $request->get_method() ) {
		return opsmantik_refuse( 'METHOD_NOT_ALLOWED', $id, array(), array( 'Allow' => OPSMANTIK_METHODS ) );
	}
	$origin = $request->get_header( 'origin' );
	if ( null !== $origin && ! opsmantik_allows( $origin ) ) {
		return opsmantik_refuse( 'ORIGIN_NOT_ALLOWED', $id, array( 'origin' => $origin ) );
	}
	if ( $is_options ) {
		// Without an origin it is no preflight: it asks for the methods.
		$headers = null === $origin ? array( 'Allow' => OPSMANTIK_METHODS ) : array();
		return opsmantik_answer( 204, '', array_merge( array( 'X-Request-Id' => $id ), $headers ) );
	}
	$wait = opsmantik_seconds_to_wait( $request );
	if ( $wait > 0 ) {
		return opsmantik_refuse( 'RATE_LIMITED', $id, array(), array( 'Retry-After' => (string) $wait ) );
	}
	$body = (string) $request->get_body();
	// PHP keeps the body of a form with files to itself, so the declared size counts too.
	$size = max( strlen( $body ), (int) $request->get_header( 'content-length' ) );
	if ( $size > OPSMANTIK_BODY_MAX_BYTES ) {
		return opsmantik_refuse( 'PAYLOAD_TOO_LARGE', $id );
	}
	// No tracker sends nothing: something in front of the proxy took the body away. A tracker keeps what it sent, which it
	// would not do after INVALID_JSON.
	if ( '' === $body ) {
		return opsmantik_refuse( 'BAD_REQUEST', $id );
	}
	if ( ! opsmantik_read_json( $body, $value ) || ! is_object( $value ) ) {
		return opsmantik_refuse( 'INVALID_JSON', $id );
	}
	$path     = opsmantik_upstream_path( $request );
	$settings = opsmantik_settings();
	$site     = opsmantik_site( $value, '/api/sync' !== $path, $settings['site_id'] );
	if ( null === $site ) {
		return opsmantik_refuse( 'INVALID_SITE_ID', $id );
	}
	if ( ! opsmantik_has_secret() ) {
		return opsmantik_refuse( 'PROXY_NOT_CONFIGURED', $id );
	}
	if ( '' === $settings['console_url'] ) {
		return opsmantik_refuse( 'PROXY_NOT_CONFIGURED', $id, array( 'error' => 'The proxy has no console URL' ) );
	}
	return opsmantik_forward( $request, $path, $site, $id );
}

/**
 * Sends our responses as they are, and our CORS headers in place of WordPress' own, which let every origin read, with
 * credentials.
 *
 * @param bool             $served  Whether somebody has sent the answer.
 * @param WP_HTTP_Response $result  The answer.
 * @param WP_REST_Request  $request A request to any route.
 * @return bool
 */
function opsmantik_serve( $served, $result, $request ) {
	if ( null === opsmantik_upstream_path( $request ) ) {
		return $served;
	}
	opsmantik_send_cors_headers( $request, $result->get_status() );
	$json = $result->get_data();
	if ( $served || ! is_string( $json ) ) {
		return $served;
	}
	// Ours says no-store. WordPress would add its own to an answer that is on its way already.
	add_filter( 'rest_send_nocache_headers', '__return_false', 1000 );
	// phpcs:ignore WordPress.Security.EscapeOutput -- JSON, sent as JSON.
	echo $json;
	return true;
}
