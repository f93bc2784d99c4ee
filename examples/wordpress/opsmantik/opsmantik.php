<?php
/**
 * Plugin Name:       OpsMantik
 * Description:       Tells you which visitors pressed your phone number, your WhatsApp link or your form: a first-party proxy on your own domain, and the script tag.
 * Version:           0.1.0
 * Requires at least: 5.6
 * Requires PHP:      7.4
 * Author:            OpsMantik
 * License:           MIT
 * License URI:       https://opensource.org/licenses/MIT
 * Text Domain:       opsmantik
 * Domain Path:       /languages
 *
 * @package OpsMantik
 */

defined( 'ABSPATH' ) || exit;

define( 'OPSMANTIK_VERSION', '0.1.0' );
define( 'OPSMANTIK_FILE', __FILE__ );

require_once __DIR__ . '/includes/settings.php';
require_once __DIR__ . '/includes/origins.php';
require_once __DIR__ . '/includes/cors.php';
require_once __DIR__ . '/includes/body.php';
require_once __DIR__ . '/includes/refusals.php';
require_once __DIR__ . '/includes/upstream.php';
require_once __DIR__ . '/includes/forward.php';
require_once __DIR__ . '/includes/rest.php';
require_once __DIR__ . '/includes/limit.php';
require_once __DIR__ . '/includes/ajax.php';
require_once __DIR__ . '/includes/consent.php';
require_once __DIR__ . '/includes/optimizers.php';
require_once __DIR__ . '/includes/script.php';
require_once __DIR__ . '/includes/check.php';

add_action( 'init', 'opsmantik_load_translations' );
add_action( 'rest_api_init', 'opsmantik_register_routes' );
add_filter( 'rest_index', 'opsmantik_hide_from_index' );
// Last, so that a firewall of the site's own may refuse before anything is forwarded.
add_filter( 'rest_pre_dispatch', 'opsmantik_pre_dispatch', 1000, 3 );
// After rest_send_cors_headers(), which lets every origin in.
add_filter( 'rest_pre_serve_request', 'opsmantik_serve', 1000, 3 );
foreach ( array_keys( OPSMANTIK_ACTIONS ) as $opsmantik_action ) {
	add_action( 'wp_ajax_' . $opsmantik_action, 'opsmantik_ajax' );
	add_action( 'wp_ajax_nopriv_' . $opsmantik_action, 'opsmantik_ajax' );
}
opsmantik_register_exclusions();
// The WP Consent API asks each plugin whether it keeps to it.
add_filter( 'wp_consent_api_registered_' . plugin_basename( __FILE__ ), '__return_true' );
add_action( 'wp_enqueue_scripts', 'opsmantik_enqueue' );
add_filter( 'script_loader_tag', 'opsmantik_script_tag', 10, 2 );

if ( is_admin() ) {
	require_once __DIR__ . '/includes/sanitize.php';
	require_once __DIR__ . '/includes/admin.php';

	add_action( 'admin_init', 'opsmantik_register_settings' );
	add_action( 'admin_menu', 'opsmantik_add_page' );
	add_action( 'admin_enqueue_scripts', 'opsmantik_enqueue_check' );
	add_action( 'wp_ajax_opsmantik_route', 'opsmantik_save_route' );
	add_filter( 'plugin_action_links_' . plugin_basename( __FILE__ ), 'opsmantik_action_links' );
}

if ( defined( 'WP_CLI' ) && WP_CLI ) {
	require_once __DIR__ . '/includes/cli.php';
}

/**
 * Finds translations in the plugin's own folder. WordPress looks in its own by itself.
 */
function opsmantik_load_translations() {
	load_plugin_textdomain( 'opsmantik', false, dirname( plugin_basename( OPSMANTIK_FILE ) ) . '/languages' );
}
