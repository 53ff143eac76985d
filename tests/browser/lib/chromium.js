// Debian's Chromium with a camera and a microphone of known content.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { writeBusyVideo, writeTone, writeVideo } from './content.js';
import { watch } from './failures.js';

const QUIET = [
  '--no-sandbox',
  '--disable-dev-shm-usage',
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
  '--autoplay-policy=no-user-gesture-required',
  '--allow-loopback-in-peer-connection',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-default-apps',
  '--no-first-run',
  '--no-default-browser-check',
  '--disable-domain-reliability',
  '--disable-client-side-phishing-detection',
  '--no-pings',
  '--metrics-recording-only',
  '--disable-breakpad',
  `--disable-features=${[
    'OptimizationHints',
    'OptimizationGuideModelDownloading',
    'MediaRouter',
    'DialMediaRouteProvider',
    'Translate',
    'CertificateTransparencyComponentUpdater',
    'InterestFeedContentSuggestions',
    'AutofillServerCommunication',
    'WebRtcHideLocalIpsWithMdns',
    'NetworkTimeServiceQuerying',
  ].join(',')}`,
  '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost',
];

/** Starts a Chromium whose camera shows `colours`, 640×360 unless `size` says otherwise, and whose microphone plays `hz`; `busy`: it shows a moving scene instead. */
export async function startChromium({ colours, hz, size, busy = false, args = [] }) {
  const folder = mkdtempSync(join(tmpdir(), 'preau-content-'));
  const video = join(folder, 'camera.y4m');
  const sound = join(folder, 'microphone.wav');
  if (busy) writeBusyVideo(video, size);
  else writeVideo(video, colours, size);
  writeTone(sound, hz);
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    headless: true,
    timeout: 120_000,
    args: [
      ...QUIET,
      `--use-file-for-fake-video-capture=${video}`,
      `--use-file-for-fake-audio-capture=${sound}`,
      ...args,
    ],
  });
  browser.on('disconnected', () => rmSync(folder, { recursive: true, force: true }));
  return browser;
}

/**
 * Opens a page that writes down everything it must never do.
 * @returns {Promise<import('playwright-core').Page & { faults: string[] }>}
 */
export async function openPage(browser, options = {}) {
  const context = await browser.newContext({
    viewport: { width: 1366, height: 768 },
    locale: 'fr-FR',
    timezoneId: 'Europe/Paris',
    permissions: ['camera', 'microphone'],
    ...options,
  });
  await context.addInitScript(() => {
    window.addEventListener('securitypolicyviolation', (event) => {
      console.error(`CSP violation: ${event.violatedDirective} ${event.blockedURI}`);
    });
  });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  page.faults = [];
  watch(page);
  page.outage = false;
  page.on('pageerror', (error) => page.faults.push(`uncaught ${error.message}`));
  page.on('console', (message) => {
    // While the server is deliberately away, Chromium itself reports each failed connection.
    const network = page.outage && /ERR_CONNECTION|WebSocket connection|Failed to load resource/.test(message.text());
    if (message.type() === 'error' && !network)
      page.faults.push(`console: ${message.text()} ${message.location().url}`);
  });
  page.on('request', (request) => {
    const { protocol, hostname } = new URL(request.url());
    if (!['data:', 'blob:'].includes(protocol) && hostname !== '127.0.0.1') page.faults.push(`asked ${request.url()}`);
  });
  return page;
}
