<?php
/**
 * The page under Settings.
 *
 * @package OpsMantik
 */

defined( 'ABSPATH' ) || exit;

/**
 * Tells WordPress what may be saved, and from which page.
 */
function opsmantik_register_settings() {
	// Here and not on activation, which a new site of a network never sees. Only the page itself needs the secret, so
	// it is not loaded with every other page.
	add_option( 'opsmantik_settings', opsmantik_settings() );
	add_option( 'opsmantik_secret', array(), '', false );

	register_setting( 'opsmantik', 'opsmantik_settings', array( 'sanitize_callback' => 'opsmantik_sanitize_settings' ) );
	register_setting( 'opsmantik', 'opsmantik_secret', array( 'sanitize_callback' => 'opsmantik_sanitize_secret' ) );

	add_settings_section( 'opsmantik_server', __( 'Your server', 'opsmantik' ), '__return_null', 'opsmantik' );
	$fields = array(
		'console_url' => __( 'Console URL', 'opsmantik' ),
		'site_id'     => __( 'Site ID', 'opsmantik' ),
		'secret'      => __( 'Secret', 'opsmantik' ),
		'script'      => __( 'Script', 'opsmantik' ),
	);
	foreach ( $fields as $name => $label ) {
		add_settings_field(
			'opsmantik_' . $name,
			$label,
			'opsmantik_field_' . $name,
			'opsmantik',
			'opsmantik_server',
			array( 'label_for' => 'opsmantik_' . $name )
		);
	}
}

/**
 * Adds the page.
 */
function opsmantik_add_page() {
	add_options_page( 'OpsMantik', 'OpsMantik', 'manage_options', 'opsmantik', 'opsmantik_page' );
}

/**
 * Adds a link to the page in the list of plugins.
 *
 * @param string[] $links Links.
 * @return string[]
 */
function opsmantik_action_links( $links ) {
	$url = admin_url( 'options-general.php?page=opsmantik' );
	array_unshift( $links, '<a href="' . esc_url( $url ) . '">' . esc_html__( 'Settings', 'opsmantik' ) . '</a>' );
	return $links;
}

/**
 * The page.
 */
function opsmantik_page() {
	if ( ! current_user_can( 'manage_options' ) ) {
		return;
	}
	?>
	<div class="wrap">
		<h1><?php echo esc_html( get_admin_page_title() ); ?></h1>
		<form action="options.php" method="post">
			<?php
			settings_fields( 'opsmantik' );
			do_settings_sections( 'opsmantik' );
			submit_button();
			?>
		</form>
		<?php opsmantik_check_section(); ?>
	</div>
	<?php
}

/**
 * Field.
 */
function opsmantik_field_console_url() {
	$settings = opsmantik_settings();
	?>
	<input type="url" class="regular-text code" id="opsmantik_console_url" name="opsmantik_settings[console_url]"
		value="<?php echo esc_attr( $settings['console_url'] ); ?>" placeholder="https://console.example.com">
	<?php
}

/**
 * Field.
 */
function opsmantik_field_site_id() {
	$settings = opsmantik_settings();
	?>
	<input type="text" class="regular-text code" id="opsmantik_site_id" name="opsmantik_settings[site_id]"
		value="<?php echo esc_attr( $settings['site_id'] ); ?>" maxlength="36" autocomplete="off" spellcheck="false">
	<p class="description"><?php esc_html_e( 'A UUID or 32 hexadecimal digits. Events of any other site are refused.', 'opsmantik' ); ?></p>
	<?php
}

/**
 * Field. The secret itself is never put into a page, not even as dots that could be uncovered.
 */
function opsmantik_field_secret() {
	if ( defined( 'OPSMANTIK_SECRET' ) ) {
		$message = opsmantik_has_secret()
			? __( 'The secret comes from OPSMANTIK_SECRET in wp-config.php.', 'opsmantik' )
			: __( 'OPSMANTIK_SECRET in wp-config.php is too short to be a secret.', 'opsmantik' );
		echo '<p id="opsmantik_secret">' . esc_html( $message ) . '</p>';
		return;
	}
	$saved = opsmantik_has_secret();
	?>
	<input type="password" class="regular-text code" id="opsmantik_secret" name="opsmantik_secret[new]" value=""
		autocomplete="new-password" placeholder="<?php echo esc_attr( $saved ? __( 'A secret is saved', 'opsmantik' ) : '' ); ?>">
	<?php if ( $saved ) : ?>
		<label><input type="checkbox" name="opsmantik_secret[forget]" value="1"> <?php esc_html_e( 'Forget it', 'opsmantik' ); ?></label>
	<?php endif; ?>
	<p class="description">
		<?php esc_html_e( 'Leave this empty to keep the secret that is saved. A secret in wp-config.php is safer, since it does not lie in the database:', 'opsmantik' ); ?>
		<code>define( 'OPSMANTIK_SECRET', '…' );</code>
	</p>
	<?php
}

/**
 * Field.
 */
function opsmantik_field_script() {
	$settings = opsmantik_settings();
	?>
	<label>
		<input type="checkbox" id="opsmantik_script" name="opsmantik_settings[script]" value="1" <?php checked( $settings['script'] ); ?>>
		<?php esc_html_e( 'Put the script on every page of this site', 'opsmantik' ); ?>
	</label>
	<p class="description">
		<?php
		echo esc_html(
			sprintf(
				/* translators: %s: a URL */
				__( 'To put it there yourself, let its data-ops-proxy-url be %s', 'opsmantik' ),
				rest_url( 'opsmantik/v1/call-event' )
			)
		);
		?>
	</p>
	<?php
	if ( ! is_readable( opsmantik_script_path() ) ) {
		echo '<p class="description">' . esc_html__( 'The script is missing from this copy of the plugin: install the file that build.mjs makes.', 'opsmantik' ) . '</p>';
	}
}
