<?php
/**
 * The script tag on the site's pages.
 *
 * @package OpsMantik
 */

defined( 'ABSPATH' ) || exit;

/**
 * Where the tracker lies; build.mjs puts it there.
 *
 * @return string
 */
function opsmantik_script_path() {
	return plugin_dir_path( OPSMANTIK_FILE ) . 'assets/core.js';
}

/**
 * Puts the script on the page, once the proxy knows where to send what it hears.
 */
function opsmantik_enqueue() {
	$settings = opsmantik_settings();
	$complete = '' !== $settings['console_url'] && '' !== $settings['site_id'];
	if ( $settings['script'] && $complete && is_readable( opsmantik_script_path() ) ) {
		wp_enqueue_script( 'opsmantik', plugins_url( 'assets/core.js', OPSMANTIK_FILE ), array(), OPSMANTIK_VERSION, false );
		if ( opsmantik_asks_for_consent() ) {
			wp_add_inline_script( 'opsmantik', opsmantik_consent_script(), 'before' );
		}
	}
}

/**
 * Gives our script its attributes.
 *
 * @param string $tag    HTML.
 * @param string $handle Which script.
 * @return string
 */
function opsmantik_script_tag( $tag, $handle ) {
	if ( 'opsmantik' !== $handle ) {
		return $tag;
	}
	$settings   = opsmantik_settings();
	$is_ajax    = opsmantik_needs_ajax();
	$attributes = array(
		'data-ops-site-id'   => $settings['site_id'],
		'data-ops-proxy-url' => esc_url_raw( opsmantik_route_url( 'call-event', $is_ajax ) ),
		'data-ops-sync-url'  => esc_url_raw( opsmantik_route_url( 'sync', $is_ajax ) ),
	);
	if ( opsmantik_asks_for_consent() ) {
		$attributes['data-ops-consent'] = 'required';
	}
	/**
	 * Filters the attributes of the script tag, to add data-ops-consent="required" for example.
	 *
	 * @param string[] $attributes Values by name.
	 */
	$attributes = (array) apply_filters( 'opsmantik_script_attributes', $attributes );

	$html = ' defer';
	foreach ( array_merge( OPSMANTIK_LEAVE_ALONE, $attributes ) as $name => $value ) {
		$html .= ' ' . esc_attr( $name ) . '="' . esc_attr( $value ) . '"';
	}
	return str_replace( ' src=', $html . ' src=', $tag );
}
