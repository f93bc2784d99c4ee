<?php
/**
 * The WP Consent API: where it is installed, nothing is stored or sent before the visitor allows statistics.
 *
 * @package OpsMantik
 */

defined( 'ABSPATH' ) || exit;

/**
 * Returns whether a consent plugin that speaks the WP Consent API decides for this site.
 *
 * @return bool
 */
function opsmantik_asks_for_consent() {
	return function_exists( 'wp_has_consent' );
}

/**
 * Returns the script that hands the visitor's answer on: the stub and the adapter of docs/consent.md.
 *
 * @return string
 */
function opsmantik_consent_script() {
	return "window.opsmantik=['intent','page','flush','consent','ignore'].reduce((o,n)=>(o[n]=(...a)=>new Promise(r=>o.q.push([n,a,r])),o),{q:[]});
{
const read = () => {
  if (wp_has_consent('statistics')) opsmantik.consent(true)
}
document.addEventListener('wp_listen_for_consent_change', ({ detail }) => {
  if ('statistics' in detail) opsmantik.consent(detail.statistics === 'allow')
})
document.addEventListener('wp_consent_type_defined', read)
document.addEventListener('DOMContentLoaded', () => window.wp_has_consent && read())
}";
}
