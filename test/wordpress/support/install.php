<?php
// WordPress' own installer, without the mail that it sends, then the plugin from its zip as Plugins, Upload does it.
define( 'WP_INSTALLING', true );
$_SERVER['HTTP_HOST'] = parse_url( $argv[2], PHP_URL_HOST ) . ':' . parse_url( $argv[2], PHP_URL_PORT );
require $argv[1] . '/wp-load.php';
require ABSPATH . 'wp-admin/includes/upgrade.php';

function wp_new_blog_notification() {}

wp_install( 'A shop', 'admin', 'admin@shop.example', true, '', $argv[3] );
update_option( 'siteurl', $argv[2] );
update_option( 'home', $argv[2] );
update_option( 'permalink_structure', '/%postname%/' );
switch_theme( 'plain' );
wp_insert_post(
	array(
		'post_type'    => 'page',
		'post_status'  => 'publish',
		'post_title'   => 'Contact',
		'post_name'    => 'contact',
		'post_content' => '<p><a id="phone" href="tel:+441632960123">Call us</a></p>',
	)
);
