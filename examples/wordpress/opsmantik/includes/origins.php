<?php
/**
 * Who may call.
 *
 * @package OpsMantik
 */

defined( 'ABSPATH' ) || exit;

/** Ports that browsers leave out of Origin. */
const OPSMANTIK_DEFAULT_PORTS = array(
	'https' => 443,
	'http'  => 80,
);

/**
 * A host as browsers write it in Origin: lower case, and punycode for a name such as çiçek.example.
 *
 * @param string $host A host from a URL.
 * @return string
 */
function opsmantik_ascii_host( $host ) {
	$host = mb_strtolower( $host, 'UTF-8' );
	foreach ( array( '\WpOrg\Requests\IdnaEncoder', '\Requests_IDNAEncoder' ) as $encoder ) {
		// WordPress moved it in 6.2 and leaves the old name behind, with a notice.
		if ( class_exists( $encoder ) ) {
			return $encoder::encode( $host );
		}
	}
	return $host;
}

/**
 * Returns an origin as browsers send it: the case of the host, a default port and a slash at the end do not matter.
 *
 * @param mixed $text An origin in any spelling.
 * @return string|null Null if it is not an http or https origin.
 */
function opsmantik_normal_origin( $text ) {
	$parts = is_string( $text ) ? wp_parse_url( trim( $text ) ) : null;
	if ( empty( $parts['scheme'] ) || empty( $parts['host'] ) ) {
		return null;
	}
	$scheme = strtolower( $parts['scheme'] );
	$rest   = array_diff_key( $parts, array_flip( array( 'scheme', 'host', 'port', 'path' ) ) );
	$path   = isset( $parts['path'] ) ? $parts['path'] : '/';
	if ( ! isset( OPSMANTIK_DEFAULT_PORTS[ $scheme ] ) || $rest || '/' !== $path ) {
		return null;
	}
	$has_port = isset( $parts['port'] ) && OPSMANTIK_DEFAULT_PORTS[ $scheme ] !== $parts['port'];
	return $scheme . '://' . opsmantik_ascii_host( $parts['host'] ) . ( $has_port ? ':' . $parts['port'] : '' );
}

/**
 * Returns the origins that may call: the site's own, and what the filter adds. Both schemes, because behind a TLS
 * terminator WordPress may not know that its visitors come by https; the host decides.
 *
 * @return string[]
 */
function opsmantik_origins() {
	$origins = array();
	foreach ( array( home_url(), site_url() ) as $url ) {
		$parts = wp_parse_url( $url );
		if ( empty( $parts['host'] ) ) {
			continue;
		}
		$port = isset( $parts['port'] ) ? ':' . $parts['port'] : '';
		foreach ( array_keys( OPSMANTIK_DEFAULT_PORTS ) as $scheme ) {
			$origins[] = opsmantik_normal_origin( $scheme . '://' . $parts['host'] . $port );
		}
	}
	/**
	 * Filters the origins whose pages may call the proxy and read its responses, such as a second domain of the same site.
	 *
	 * @param string[] $origins Origins: scheme, host and port.
	 */
	$origins = (array) apply_filters( 'opsmantik_origins', array_values( array_unique( $origins ) ) );
	return array_values( array_unique( array_filter( array_map( 'opsmantik_normal_origin', $origins ) ) ) );
}

/**
 * Returns whether pages of an origin may call the proxy.
 *
 * @param string $origin The header, as it was sent.
 * @return bool
 */
function opsmantik_allows( $origin ) {
	return in_array( $origin, opsmantik_origins(), true );
}
