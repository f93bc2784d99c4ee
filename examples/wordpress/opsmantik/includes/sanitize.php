<?php
/**
 * Turns what was typed into settings. What cannot be right is said and changes nothing.
 *
 * @package OpsMantik
 */

defined( 'ABSPATH' ) || exit;

/**
 * All settings but the secret.
 *
 * @param mixed $input What was typed.
 * @return array
 */
function opsmantik_sanitize_settings( $input ) {
	$input    = is_array( $input ) ? array_filter( $input, 'is_scalar' ) : array();
	$settings = opsmantik_settings();

	$url = opsmantik_sanitize_console_url( isset( $input['console_url'] ) ? (string) $input['console_url'] : '' );
	if ( null === $url ) {
		add_settings_error(
			'opsmantik_settings',
			'opsmantik_console_url',
			__( 'The console URL was not saved: it must look like https://console.example.com.', 'opsmantik' )
		);
	} else {
		$settings['console_url'] = $url;
	}

	$site = isset( $input['site_id'] ) ? trim( (string) $input['site_id'] ) : '';
	if ( '' !== $site && ! preg_match( OPSMANTIK_SITE_ID, $site ) ) {
		add_settings_error(
			'opsmantik_settings',
			'opsmantik_site_id',
			__( 'The site ID was not saved: it must be a UUID or 32 hexadecimal digits.', 'opsmantik' )
		);
	} else {
		$settings['site_id'] = $site;
	}

	$settings['script'] = ! empty( $input['script'] );
	return $settings;
}

/**
 * The server's base URL.
 *
 * @param string $text What was typed.
 * @return string|null Without a slash at the end; null if it cannot be right.
 */
function opsmantik_sanitize_console_url( $text ) {
	$text = trim( $text );
	if ( '' === $text ) {
		return '';
	}
	$parts = wp_parse_url( $text );
	$right = is_array( $parts ) && ! empty( $parts['host'] )
		&& isset( $parts['scheme'] ) && in_array( strtolower( $parts['scheme'] ), array( 'http', 'https' ), true )
		&& ! array_intersect_key( $parts, array_flip( array( 'user', 'pass', 'query', 'fragment' ) ) );
	$url   = $right ? esc_url_raw( $text, array( 'http', 'https' ) ) : '';
	return '' === $url ? null : untrailingslashit( $url );
}

/**
 * The secret. Its characters are left as they are: a secret that was tidied up does not sign.
 *
 * @param mixed $input An array with `new` and `forget` from the form, or the option itself.
 * @return array The option. An array, because WordPress' page of all options shows what is text.
 */
function opsmantik_sanitize_secret( $input ) {
	$saved = get_option( 'opsmantik_secret' );
	$saved = is_array( $saved ) ? $saved : array();
	if ( ! is_array( $input ) ) {
		// The form has no such field while the secret comes from wp-config.php.
		return $saved;
	}
	$input = array_filter( $input, 'is_scalar' );
	if ( isset( $input['secret'] ) ) {
		return array( 'secret' => (string) $input['secret'] );
	}
	$typed = isset( $input['new'] ) ? trim( (string) $input['new'] ) : '';
	if ( '' === $typed ) {
		return empty( $input['forget'] ) ? $saved : array();
	}
	if ( mb_strlen( $typed, 'UTF-8' ) < OPSMANTIK_SECRET_MIN_LENGTH || preg_match( '/[\x00-\x1f\x7f]/', $typed ) ) {
		add_settings_error(
			'opsmantik_settings',
			'opsmantik_secret',
			sprintf(
				/* translators: %d: number of characters */
				__( 'The secret was not saved: it must have at least %d characters.', 'opsmantik' ),
				OPSMANTIK_SECRET_MIN_LENGTH
			)
		);
		return $saved;
	}
	return array( 'secret' => $typed );
}
