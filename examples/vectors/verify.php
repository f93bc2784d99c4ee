<?php
// php verify.php [vectors.json]: signs each vector as a proxy in PHP would, and compares.
$file = $argv[1] ?? __DIR__ . '/../../src/contract/vectors.json';
$vectors = json_decode( file_get_contents( $file ), true, 512, JSON_THROW_ON_ERROR );
$wrong = 0;

foreach ( $vectors['signatures'] as $vector ) {
	$body = str_repeat( $vector['body'], $vector['body_times'] );
	// In a proxy: file_get_contents( 'php://input' ), never json_encode( json_decode( … ) ).
	$signature = hash_hmac( 'sha256', $vector['ts'] . '.' . $body, $vector['secret'] );
	if ( ! hash_equals( $vector['signature'], $signature ) ) {
		echo "wrong: {$vector['name']}\n";
		++$wrong;
	}
}

foreach ( $vectors['stamps'] as $vector ) {
	$valid = 1 === preg_match( '/^\d{13}-[0-9a-z]{4}-.{1,32}-[0-9a-z]{6}$/', $vector['stamp'] );
	if ( $valid !== $vector['valid'] ) {
		echo "wrong: stamp {$vector['stamp']}\n";
		++$wrong;
	}
}

echo count( $vectors['signatures'] ), ' signatures and ', count( $vectors['stamps'] ), " stamps, $wrong wrong\n";
exit( $wrong > 0 ? 1 : 0 );
