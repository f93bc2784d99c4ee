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
 * The origins that may call: the site's own. Both schemes, because behind a TLS terminator WordPress may not know that
 * its visitors come by https; the host decides.
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
		$host = opsmantik_ascii_host( $parts['host'] );
		foreach ( OPSMANTIK_DEFAULT_PORTS as $scheme => $default_port ) {
			$port      = isset( $parts['port'] ) && $parts['port'] !== $default_port ? ':' . $parts['port'] : '';
			$origins[] = $scheme . '://' . $host . $port;
		}
	}
	/**
	 * Filters the origins that may call the proxy, such as a second domain of the same site.
	 *
	 * @param string[] $origins Exact origins, as browsers send them.
	 */
	return (array) apply_filters( 'opsmantik_origins', array_values( array_unique( $origins ) ) );
}
