<?php
/**
 * One exchange with the server, bounded in time and size.
 *
 * @package OpsMantik
 */

defined( 'ABSPATH' ) || exit;

/** Seconds for the whole exchange with the server (contract section 14). */
const OPSMANTIK_TIMEOUT = 4;

/** Bytes of the server's response. Responses of the contract have a few hundred. */
const OPSMANTIK_ANSWER_MAX_BYTES = 65536;

/**
 * Ends an exchange. Its message is the code of the refusal.
 */
class Opsmantik_Exchange_Ended extends Exception {}

/**
 * Looks at an exchange while it takes place: WordPress' own limit on the size goes on reading, and its transport without
 * curl has a time-out for each read only.
 */
class Opsmantik_Watch {

	/**
	 * When the exchange began.
	 *
	 * @var float
	 */
	private $started;

	/**
	 * Bytes that have arrived.
	 *
	 * @var int
	 */
	private $received = 0;

	/**
	 * Whether curl does the work. It would go on reading after an exception.
	 *
	 * @var bool
	 */
	private $is_curl = false;

	/**
	 * Begins to watch.
	 */
	public function __construct() {
		$this->started = microtime( true );
		add_action( 'requests-requests.before_request', array( $this, 'limit_connecting' ), 10, 5 );
		add_action( 'http_api_curl', array( $this, 'limit_curl' ) );
		add_action( 'requests-request.progress', array( $this, 'see' ) );
	}

	/**
	 * Ends the watch.
	 */
	public function stop() {
		remove_action( 'requests-requests.before_request', array( $this, 'limit_connecting' ), 10 );
		remove_action( 'http_api_curl', array( $this, 'limit_curl' ) );
		remove_action( 'requests-request.progress', array( $this, 'see' ) );
	}

	/**
	 * Returns whether the time is over, or nearly: a transport may give up a moment early.
	 *
	 * @return bool
	 */
	public function is_late() {
		return microtime( true ) - $this->started > OPSMANTIK_TIMEOUT - 0.1;
	}

	/**
	 * Lets connecting take no longer than the rest, where it has a time-out of its own.
	 *
	 * @param string $url     Unused.
	 * @param array  $headers Unused.
	 * @param mixed  $data    Unused.
	 * @param string $type    Unused.
	 * @param array  $options Of the request.
	 */
	public function limit_connecting( $url, $headers, $data, $type, &$options ) {
		$options['connect_timeout'] = OPSMANTIK_TIMEOUT;
	}

	/**
	 * Makes curl close the connection of a response that is too large. curl keeps to the deadline by itself.
	 *
	 * @param resource|CurlHandle $handle curl's.
	 */
	public function limit_curl( $handle ) {
		$this->is_curl = true;
		// phpcs:disable WordPress.WP.AlternativeFunctions.curl_curl_setopt -- WordPress has no option for it.
		curl_setopt( $handle, CURLOPT_NOPROGRESS, false );
		curl_setopt(
			$handle,
			CURLOPT_PROGRESSFUNCTION,
			function ( $handle, $total, $received ) {
				return max( $total, $received ) > OPSMANTIK_ANSWER_MAX_BYTES ? 1 : 0;
			}
		);
		// phpcs:enable
	}

	/**
	 * Looks at a block that has arrived by WordPress' transport without curl.
	 *
	 * @param string $block Bytes.
	 * @throws Opsmantik_Exchange_Ended If there are too many, or if the time is over.
	 */
	public function see( $block ) {
		$this->received += strlen( $block );
		if ( ! $this->is_curl && $this->received > OPSMANTIK_ANSWER_MAX_BYTES ) {
			throw new Opsmantik_Exchange_Ended( 'UPSTREAM_UNREACHABLE' );
		}
		if ( ! $this->is_curl && $this->is_late() ) {
			throw new Opsmantik_Exchange_Ended( 'UPSTREAM_TIMEOUT' );
		}
	}
}

/**
 * Sends a request to the server.
 *
 * @param string $url       URL.
 * @param array  $arguments Of wp_remote_post().
 * @return array|string The response; the code of the refusal if there is none.
 */
function opsmantik_ask_upstream( $url, $arguments ) {
	$fixed = array(
		'timeout'             => OPSMANTIK_TIMEOUT,
		// A redirect could carry the signature to somebody else, or turn the POST into a GET.
		'redirection'         => 0,
		'httpversion'         => '1.1',
		// Counted after decompression. One byte more than is taken, to see that there are more.
		'limit_response_size' => OPSMANTIK_ANSWER_MAX_BYTES + 1,
	);
	$watch = new Opsmantik_Watch();
	try {
		$upstream = wp_remote_post( $url, array_merge( $fixed, $arguments ) );
	} catch ( Opsmantik_Exchange_Ended $end ) {
		return $end->getMessage();
	} finally {
		$watch->stop();
	}
	if ( is_wp_error( $upstream ) ) {
		// The message differs between transports; the clock does not.
		return $watch->is_late() ? 'UPSTREAM_TIMEOUT' : 'UPSTREAM_UNREACHABLE';
	}
	if ( strlen( wp_remote_retrieve_body( $upstream ) ) > OPSMANTIK_ANSWER_MAX_BYTES ) {
		return 'UPSTREAM_UNREACHABLE';
	}
	return $upstream;
}
