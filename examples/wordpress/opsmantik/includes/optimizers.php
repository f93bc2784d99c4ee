<?php
/**
 * Keeps optimisers from delaying, merging or rewriting the script: a script that loads with the first click misses it, and
 * one that is merged into another file loses its attributes.
 *
 * @package OpsMantik
 */

defined( 'ABSPATH' ) || exit;

/** The documented attributes by which a script is left alone. Rocket Loader wants its own before `src`. */
const OPSMANTIK_LEAVE_ALONE = array(
	// Cloudflare Rocket Loader.
	'data-cfasync'       => 'false',
	// WP Rocket: minification, delay and defer.
	'data-no-minify'     => '1',
	'data-nowprocket'    => '1',
	'nowprocket'         => '1',
	// LiteSpeed Cache.
	'data-no-optimize'   => '1',
	'data-no-defer'      => '1',
	// Autoptimize.
	'data-noptimize'     => '1',
	// Jetpack Boost.
	'data-jetpack-boost' => 'ignore',
);

/** The part of the script's address that the optimisers' lists of exclusions match. */
const OPSMANTIK_SCRIPT_PATTERN = 'plugins/opsmantik/assets/core.js';

/**
 * Adds the script to a list of exclusions that is an array.
 *
 * @param mixed $excluded What the optimiser or its user has excluded.
 * @return array
 */
function opsmantik_exclude( $excluded ) {
	return array_merge( (array) $excluded, array( OPSMANTIK_SCRIPT_PATTERN ) );
}

/**
 * Adds the script to a list of exclusions that is text with commas.
 *
 * @param mixed $excluded What the optimiser or its user has excluded.
 * @return string
 */
function opsmantik_exclude_text( $excluded ) {
	return implode( ', ', array_filter( array( trim( (string) $excluded ), OPSMANTIK_SCRIPT_PATTERN ) ) );
}

/**
 * Registers with the optimisers' own filters; those that are not installed never call them.
 */
function opsmantik_register_exclusions() {
	foreach ( array( 'rocket_exclude_js', 'rocket_exclude_defer_js', 'rocket_delay_js_exclusions', 'litespeed_optimize_js_excludes', 'litespeed_optm_js_defer_exc' ) as $filter ) {
		add_filter( $filter, 'opsmantik_exclude' );
	}
	add_filter( 'autoptimize_filter_js_exclude', 'opsmantik_exclude_text' );
}
