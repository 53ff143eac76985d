// Debian's Firefox ESR, driven over BiDi, with its built-in fake camera and microphone.

import puppeteer from 'puppeteer-core';
import { watch } from './failures.js';

const PREFERENCES = {
  'media.navigator.streams.fake': true,
  'media.navigator.permission.disabled': true,
  'media.peerconnection.ice.obfuscate_host_addresses': false,
  'media.autoplay.default': 0,
  'media.autoplay.blocking_policy': 0,
  'media.gmp-manager.url': '',
  'media.gmp-manager.updateEnabled': false,
  'app.update.auto': false,
  'app.update.enabled': false,
  'browser.safebrowsing.malware.enabled': false,
  'browser.safebrowsing.phishing.enabled': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'toolkit.telemetry.enabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'browser.region.update.enabled': false,
  'services.settings.server': 'http://127.0.0.1:9/v1',
  'extensions.update.enabled': false,
  'extensions.getAddons.cache.enabled': false,
  'network.prefetch-next': false,
  'network.dns.disablePrefetch': true,
  'browser.newtabpage.activity-stream.feeds.topsites': false,
  'dom.push.connection.enabled': false,
};

/**
 * Starts Firefox; needs the namespace of `isolated.sh`, where a default route exists. Without a sound card (see
 * `SoundCard`) its audio contexts never run.
 */
export function startFirefox({ card } = {}) {
  return puppeteer.launch({
    env: { ...process.env, ...card?.environment },
    browser: 'firefox',
    executablePath: '/usr/bin/firefox-esr',
    headless: true,
    timeout: 120_000,
    extraPrefsFirefox: PREFERENCES,
  });
}

/** Opens a page that writes down its errors. */
export async function openPage(browser) {
  const page = await browser.newPage();
  page.setDefaultTimeout(90_000);
  page.faults = [];
  page.on('pageerror', (error) => page.faults.push(`uncaught ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error') page.faults.push(`console: ${message.text()}`);
  });
  watch(page);
  return page;
}
