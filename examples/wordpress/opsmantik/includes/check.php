<?php
/**
 * The check on the settings page: it runs in the administrator's browser, without the login, as a visitor would. What the
 * site asks of itself from inside says nothing about a firewall in front of it.
 *
 * @package OpsMantik
 */

defined( 'ABSPATH' ) || exit;

/**
 * Returns the sentences of the check by the codes of the contract, in plain words.
 *
 * @return string[]
 */
function opsmantik_check_words() {
	$secret = __( 'The secret or the site ID is not the one that the server gave you. Enter both again.', 'opsmantik' );
	return array(
		'yes'                         => __( 'Yes', 'opsmantik' ),
		'no'                          => __( 'No', 'opsmantik' ),
		'script'                      => __( 'The script is missing from your home page. Switch it on above and save; empty the cache of your cache plugin and look again.', 'opsmantik' ),
		'blocked'                     => __( 'Neither the REST API nor admin-ajax.php lets visitors through. A security plugin or your host blocks them: let it open opsmantik/v1.', 'opsmantik' ),
		'ajax'                        => __( 'The REST API is closed to visitors, so the pages use admin-ajax.php instead.', 'opsmantik' ),
		'offline'                     => __( 'Your browser could not ask your own site. Try again.', 'opsmantik' ),
		'PROXY_NOT_CONFIGURED'        => __( 'The secret or the console URL is missing. Enter it above and save.', 'opsmantik' ),
		'ORIGIN_NOT_ALLOWED'          => __( 'This page is on another address than the site. Settings, General has the address of your site.', 'opsmantik' ),
		'INVALID_SITE_ID'             => __( 'The server does not know this site ID.', 'opsmantik' ),
		'SITE_NOT_FOUND'              => __( 'The server does not know this site ID.', 'opsmantik' ),
		'SIGNATURE_INVALID'           => $secret,
		'SIGNATURE_TIMESTAMP_INVALID' => __( 'The clock of your web server is wrong. Tell your host.', 'opsmantik' ),
		'UPSTREAM_UNREACHABLE'        => __( 'The console cannot be reached from your web server. Check the console URL; your host may block outgoing requests.', 'opsmantik' ),
		'UPSTREAM_TIMEOUT'            => __( 'The console did not answer in time. Try again in a minute.', 'opsmantik' ),
		'RATE_LIMITED'                => __( 'Too many tests. Wait a minute.', 'opsmantik' ),
		/* translators: %s: a code such as INTERNAL */
		'other'                       => __( 'The answer was %s. Your server’s operator knows what it means.', 'opsmantik' ),
	);
}

/**
 * Loads the check on its own page.
 *
 * @param string $page Which page of the administration.
 */
function opsmantik_enqueue_check( $page ) {
	if ( 'settings_page_opsmantik' !== $page ) {
		return;
	}
	$settings = opsmantik_settings();
	wp_enqueue_script( 'opsmantik-check', plugins_url( 'admin/check.js', OPSMANTIK_FILE ), array(), OPSMANTIK_VERSION, true );
	wp_add_inline_script(
		'opsmantik-check',
		'window.opsmantikCheck = ' . wp_json_encode(
			array(
				'siteId' => $settings['site_id'],
				'home'   => home_url( '/' ),
				'rest'   => opsmantik_route_url( 'call-event', false ),
				'ajax'   => opsmantik_route_url( 'call-event', true ),
				'save'   => admin_url( 'admin-ajax.php?action=opsmantik_route', 'relative' ),
				'nonce'  => wp_create_nonce( 'opsmantik_route' ),
				'words'  => opsmantik_check_words(),
			)
		) . ';',
		'before'
	);
}

/**
 * The check's part of the page.
 */
function opsmantik_check_section() {
	$lights = array(
		'script'   => __( 'The script is on your pages', 'opsmantik' ),
		'route'    => __( 'Visitors reach the plugin', 'opsmantik' ),
		'signed'   => __( 'The server accepts your site’s signature', 'opsmantik' ),
		'recorded' => __( 'The test press is recorded', 'opsmantik' ),
	);
	?>
	<h2><?php esc_html_e( 'Does it work?', 'opsmantik' ); ?></h2>
	<p><?php esc_html_e( 'Sends one press from your browser as a visitor would. It appears in your console as "test".', 'opsmantik' ); ?></p>
	<p><button type="button" class="button" id="opsmantik_test"><?php esc_html_e( 'Send a test press', 'opsmantik' ); ?></button></p>
	<ol id="opsmantik_lights" aria-live="polite">
		<?php foreach ( $lights as $name => $label ) : ?>
			<li data-light="<?php echo esc_attr( $name ); ?>"><?php echo esc_html( $label ); ?>: <strong>–</strong> <span></span></li>
		<?php endforeach; ?>
	</ol>
	<?php
}

/**
 * Keeps by which way the check got through.
 */
function opsmantik_save_route() {
	check_ajax_referer( 'opsmantik_route' );
	if ( ! current_user_can( 'manage_options' ) ) {
		wp_die( -1, 403 );
	}
	update_option( 'opsmantik_route', isset( $_POST['route'] ) && 'ajax' === $_POST['route'] ? 'ajax' : 'rest' );
	wp_send_json_success();
}
