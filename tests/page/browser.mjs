// What the tests and the measurements of the page share: Chromium, and pictures as files.
import {createRequire} from 'module';
import {execFileSync} from 'child_process';
import fs from 'fs';
import path from 'path';
import zlib from 'zlib';

export async function launch(modules, chromium) {
  const {chromium: driver} = createRequire(path.join(modules, 'x.js'))('playwright-core');
  return driver.launch({executablePath: chromium, args: ['--no-sandbox', '--autoplay-policy=no-user-gesture-required']});
}

/// Waits until the page says that it has restored, or that it could not.
export async function settled(page, pattern = /^Done|layers in|pixels: press/) {
  await page.waitForFunction(text => {
    const status = document.getElementById('status');
    return status.className === 'error' || new RegExp(text).test(status.textContent);
  }, pattern.source, {timeout: 120000});
  return page.textContent('#status');
}

export const address = (folder, fields) => 'file://' + path.resolve(folder, 'index.html') + '#' + new URLSearchParams(fields);

/// The bytes of a picture that the page holds: state.damaged or state.restored.
export async function bytesOf(page, which) {
  const text = await page.evaluate(name => {
    let binary = '';
    const data = state[name].data;
    for (let i = 0; i < data.length; i += 8192) binary += String.fromCharCode(...data.subarray(i, i + 8192));
    return btoa(binary);
  }, which);
  return Buffer.from(text, 'base64');
}

/// A grey PNG of this size, a slow wave.
export function pngFile(width, height) {
  const chunk = (name, data) => {
    const body = Buffer.concat([Buffer.from(name), data]), length = Buffer.alloc(4), sum = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, sum]);
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head[8] = 8;
  const rows = Buffer.alloc((width + 1) * height);
  for (let y = 0; y < height; ++y)
    for (let x = 0; x < width; ++x) rows[y * (width + 1) + 1 + x] = 128 + 100 * Math.sin(x / 90) * Math.cos(y / 70);
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', head),
    chunk('IDAT', zlib.deflateSync(rows, {level: 1})), chunk('IEND', Buffer.alloc(0))]);
}
const table = Array.from({length: 256}, (_, n) => {
  for (let k = 0; k < 8; ++k) n = n & 1 ? 0xEDB88320 ^ (n >>> 1) : n >>> 1;
  return n >>> 0;
});
function crc32(bytes) {
  let crc = 0xFFFFFFFF;
  for (const byte of bytes) crc = table[(crc ^ byte) & 255] ^ (crc >>> 8);
  return (crc ^ 0xFFFFFFFF) >>> 0;
}

/// Runs page_native on RGBA; returns what it writes and what it prints.
export function native(program, folder, command, network, height, width, rgba, ...rest) {
  const from = path.join(folder, 'native.in'), to = path.join(folder, 'native.out');
  fs.writeFileSync(from, rgba);
  const weights = path.join(folder, 'parts', network + '.f16');
  const printed = execFileSync(program, [command, network, weights, height, width, from, to, ...rest].map(String)).toString();
  return {bytes: fs.readFileSync(to), printed};
}
