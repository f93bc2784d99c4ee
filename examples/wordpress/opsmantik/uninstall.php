<?php
/**
 * Leaves nothing behind, on any site of a network.
 *
 * @package OpsMantik
 */

defined( 'WP_UNINSTALL_PLUGIN' ) || exit;

/**
 * Removes what the plugin has saved for the current site.
 */
function opsmantik_remove_options() {
	delete_option( 'opsmantik_settings' );
	delete_option( 'opsmantik_secret' );
	delete_option( 'opsmantik_route' );
	// The limits' counters, where no object cache holds them.
	global $wpdb;
	$wpdb->query( "DELETE FROM {$wpdb->options} WHERE option_name LIKE '\\_transient\\_opsmantik\\_%' OR option_name LIKE '\\_transient\\_timeout\\_opsmantik\\_%'" );
}

if ( is_multisite() ) {
	$opsmantik_sites = get_sites(
		array(
			'fields' => 'ids',
			'number' => 0,
		)
	);
	foreach ( $opsmantik_sites as $opsmantik_site_id ) {
		switch_to_blog( $opsmantik_site_id );
		opsmantik_remove_options();
		restore_current_blog();
	}
} else {
	opsmantik_remove_options();
}
