<?php
/**
 * What the site's owner has said.
 *
 * @package OpsMantik
 */

defined( 'ABSPATH' ) || exit;

/** Characters of a secret, at least (contract section 3). */
const OPSMANTIK_SECRET_MIN_LENGTH = 16;

/** A site's UUID, with or without dashes, or its 32-hex public id. Without D, $ would let a line break through. */
const OPSMANTIK_SITE_ID = '/^[\da-f]{8}-?([\da-f]{4}-?){3}[\da-f]{12}$/iD';

/**
 * All settings but the secret.
 *
 * @return array{console_url: string, site_id: string, script: bool}
 */
function opsmantik_settings() {
	$defaults = array(
		'console_url' => '',
		'site_id'     => '',
		'script'      => true,
	);
	$saved    = get_option( 'opsmantik_settings' );
	return array_merge( $defaults, is_array( $saved ) ? $saved : array() );
}

/**
 * The site's secret; empty when there is none. The constant wins, even if it is empty: falling back to a forgotten
 * secret in the database would be a riddle.
 *
 * @return string
 */
function opsmantik_secret() {
	if ( defined( 'OPSMANTIK_SECRET' ) ) {
		return (string) OPSMANTIK_SECRET;
	}
	$saved = get_option( 'opsmantik_secret' );
	return isset( $saved['secret'] ) ? (string) $saved['secret'] : '';
}

/**
 * Whether there is a secret that a server would accept.
 *
 * @return bool
 */
function opsmantik_has_secret() {
	return mb_strlen( opsmantik_secret(), 'UTF-8' ) >= OPSMANTIK_SECRET_MIN_LENGTH;
}
