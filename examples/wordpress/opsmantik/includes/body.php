<?php
/**
 * Looks into a body without touching it: what is signed and sent are the bytes that came in.
 *
 * @package OpsMantik
 */

defined( 'ABSPATH' ) || exit;

/** Bytes of a request body (contract section 5). */
const OPSMANTIK_BODY_MAX_BYTES = 65536;

/** Every level needs two bytes, so no body within the limit is deeper. */
const OPSMANTIK_JSON_DEPTH = 32769;

/**
 * Reads JSON.
 *
 * @param string $json  Text.
 * @param mixed  $value Receives what it means.
 * @return bool Whether it is JSON in UTF-8.
 */
function opsmantik_read_json( $json, &$value ) {
	if ( "\xEF\xBB\xBF" === substr( $json, 0, 3 ) ) {
		$json = substr( $json, 3 );
	}
	$value = json_decode( $json, false, OPSMANTIK_JSON_DEPTH );
	// PHP refuses two things that JSON allows: half of a surrogate pair, and a name that starts with NUL. What to say
	// about them is the server's business.
	if ( in_array( json_last_error(), array( JSON_ERROR_UTF16, JSON_ERROR_INVALID_PROPERTY_NAME ), true ) ) {
		$json  = preg_replace( '/\\\\u(?:d[89a-f][\da-f]{2}|0000)/i', '\\ufffd', $json );
		$value = json_decode( $json, false, OPSMANTIK_JSON_DEPTH );
	}
	return JSON_ERROR_NONE === json_last_error();
}

/**
 * Every site that a body names: a batch names one in each event.
 *
 * @param stdClass $body    A body.
 * @param bool     $is_call Whether it is a call event.
 * @return array
 */
function opsmantik_sites( $body, $is_call ) {
	if ( $is_call ) {
		return array( isset( $body->site_id ) ? $body->site_id : null );
	}
	$events = isset( $body->events ) && is_array( $body->events ) ? $body->events : array( $body );
	return array_map(
		function ( $event ) {
			return is_object( $event ) && isset( $event->s ) ? $event->s : null;
		},
		$events
	);
}

/**
 * The one site that a body is about.
 *
 * @param stdClass $body    A body.
 * @param bool     $is_call Whether it is a call event.
 * @param string   $own     The site that this proxy serves; empty for the one that the body names.
 * @return string|null As the body writes it; null if it is missing, malformed or another than ours.
 */
function opsmantik_site( $body, $is_call, $own ) {
	$sites = opsmantik_sites( $body, $is_call );
	$site  = isset( $sites[0] ) ? $sites[0] : null;
	if ( ! is_string( $site ) || ! preg_match( OPSMANTIK_SITE_ID, $site ) ) {
		return null;
	}
	$wanted = opsmantik_canonical_site( '' === $own ? $site : $own );
	foreach ( $sites as $other ) {
		if ( ! is_string( $other ) || opsmantik_canonical_site( $other ) !== $wanted ) {
			return null;
		}
	}
	return $site;
}

/**
 * A site's id without dashes, in lower case.
 *
 * @param string $id UUID or public id.
 * @return string
 */
function opsmantik_canonical_site( $id ) {
	return strtolower( str_replace( '-', '', $id ) );
}
