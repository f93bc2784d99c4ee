<?php
/**
 * The same routes by admin-ajax.php, for sites whose security plugin closes the REST API to visitors.
 *
 * @package OpsMantik
 */

defined( 'ABSPATH' ) || exit;

/** The route of each action. */
const OPSMANTIK_ACTIONS = array(
	'opsmantik_call_event' => '/opsmantik/v1/call-event',
	'opsmantik_sync'       => '/opsmantik/v1/sync',
);

/**
 * Answers a request to one of the actions, as the REST API would.
 */
function opsmantik_ajax() {
	// phpcs:disable WordPress.Security -- an event has no nonce: the checks are those of the route.
	$action  = isset( $_REQUEST['action'] ) && is_string( $_REQUEST['action'] ) ? $_REQUEST['action'] : '';
	$method  = isset( $_SERVER['REQUEST_METHOD'] ) ? $_SERVER['REQUEST_METHOD'] : 'GET';
	$request = new WP_REST_Request( $method, OPSMANTIK_ACTIONS[ $action ] );
	$server  = new WP_REST_Server();
	$request->set_headers( $server->get_headers( wp_unslash( $_SERVER ) ) );
	// phpcs:enable
	$request->set_body( WP_REST_Server::get_raw_data() );
	$response = opsmantik_handle( $request );
	status_header( $response->get_status() );
	foreach ( $response->get_headers() as $name => $value ) {
		header( $name . ': ' . $value );
	}
	opsmantik_send_cors_headers( $request, $response->get_status() );
	// phpcs:ignore WordPress.Security.EscapeOutput -- JSON, sent as JSON.
	echo $response->get_data();
	exit;
}

/**
 * Returns whether visitors have to use admin-ajax.php: the settings page has seen so, or the REST API refuses whoever is not
 * logged in. Only a visitor's own page can ask that: for anybody else the answer would be about somebody else.
 *
 * @return bool
 */
function opsmantik_needs_ajax() {
	if ( 'ajax' === get_option( 'opsmantik_route' ) ) {
		return true;
	}
	if ( is_user_logged_in() ) {
		return false;
	}
	try {
		/** This filter is documented in wp-includes/rest-api/class-wp-rest-server.php. */
		return is_wp_error( apply_filters( 'rest_authentication_errors', null ) );
	} catch ( Throwable $error ) {
		return false;
	}
}

/**
 * Returns the address to which pages send.
 *
 * @param string $name    call-event or sync.
 * @param bool   $is_ajax Whether by admin-ajax.php.
 * @return string
 */
function opsmantik_route_url( $name, $is_ajax ) {
	if ( ! $is_ajax ) {
		return rest_url( 'opsmantik/v1/' . $name );
	}
	// A path fits pages over http and over https; another host has to be named.
	$is_same = wp_parse_url( admin_url(), PHP_URL_HOST ) === wp_parse_url( home_url(), PHP_URL_HOST );
	$path    = 'admin-ajax.php?action=opsmantik_' . str_replace( '-', '_', $name );
	return admin_url( $path, $is_same ? 'relative' : 'admin' );
}
