<?php
/**
 * The command `wp opsmantik`.
 *
 * @package OpsMantik
 */

defined( 'ABSPATH' ) || exit;

/**
 * Sets the plugin up, shows its settings, and sends a test press.
 */
class Opsmantik_Command {

	/**
	 * Shows the settings, never the secret.
	 */
	public function status() {
		$settings = opsmantik_settings();
		WP_CLI::line( 'console_url: ' . $settings['console_url'] );
		WP_CLI::line( 'site_id:     ' . $settings['site_id'] );
		WP_CLI::line( 'secret:      ' . ( opsmantik_has_secret() ? 'is set' : 'is missing' ) );
		WP_CLI::line( 'script:      ' . ( $settings['script'] ? 'on every page' : 'off' ) );
		WP_CLI::line( 'route:       ' . ( 'ajax' === get_option( 'opsmantik_route' ) ? 'admin-ajax.php' : 'REST API' ) );
	}

	/**
	 * Saves settings.
	 *
	 * [--console-url=<url>]
	 * : The console.
	 *
	 * [--site-id=<id>]
	 * : A UUID or 32 hexadecimal digits.
	 *
	 * [--secret-env=<name>]
	 * : The environment variable that holds the secret. Arguments are seen by every user of the machine.
	 *
	 * @param array $positional Unused.
	 * @param array $options    Options.
	 */
	public function set( $positional, $options ) {
		require_once __DIR__ . '/sanitize.php';
		$settings = opsmantik_settings();
		if ( isset( $options['console-url'] ) ) {
			$url = opsmantik_sanitize_console_url( $options['console-url'] );
			if ( null === $url ) {
				WP_CLI::error( 'The console URL must look like https://console.example.com.' );
			}
			$settings['console_url'] = $url;
		}
		if ( isset( $options['site-id'] ) ) {
			if ( ! preg_match( OPSMANTIK_SITE_ID, $options['site-id'] ) ) {
				WP_CLI::error( 'The site ID must be a UUID or 32 hexadecimal digits.' );
			}
			$settings['site_id'] = $options['site-id'];
		}
		if ( isset( $options['secret-env'] ) ) {
			$secret = (string) getenv( $options['secret-env'] );
			if ( mb_strlen( $secret, 'UTF-8' ) < OPSMANTIK_SECRET_MIN_LENGTH ) {
				WP_CLI::error( sprintf( 'The secret must have at least %d characters.', OPSMANTIK_SECRET_MIN_LENGTH ) );
			}
			update_option( 'opsmantik_secret', array( 'secret' => $secret ), false );
		}
		update_option( 'opsmantik_settings', $settings );
		WP_CLI::success( 'Saved.' );
	}

	/**
	 * Sends a test press from this machine to the server, signed as a visitor's would be.
	 */
	public function test() {
		$settings = opsmantik_settings();
		$request  = new WP_REST_Request( 'POST', '/opsmantik/v1/call-event' );
		$request->set_body(
			wp_json_encode(
				array(
					'site_id'         => $settings['site_id'],
					'fingerprint'     => 'wp-cli',
					'event_id'        => wp_generate_uuid4(),
					'intent_action'   => 'test',
					'intent_target'   => 'wordpress',
					'intent_page_url' => home_url( '/' ),
				)
			)
		);
		$answer = json_decode( opsmantik_handle( $request )->get_data(), true );
		if ( isset( $answer['code'] ) ) {
			$words = opsmantik_check_words();
			$words = isset( $words[ $answer['code'] ] ) ? $words[ $answer['code'] ] : $answer['error'];
			WP_CLI::error( $answer['code'] . ': ' . $words );
		}
		WP_CLI::success( 'Recorded.' );
	}
}

WP_CLI::add_command( 'opsmantik', 'Opsmantik_Command' );
