// Tests of the page as `depix serve` serves it: served.mjs TOOL FOLDER SHOTS NODE_MODULES CHROMIUM. FOLDER is a built page,
// SHOTS is where what the page shows is left as pictures. Every check prints a line; the exit status is 1 if one fails.
import {execFileSync, spawn} from 'child_process';
import {createRequire} from 'module';
import fs from 'fs';
import path from 'path';
import {launch, pngFile, settled} from './browser.mjs';

const [tool, folder, shots, modules, chromium] = process.argv.slice(2);
fs.mkdirSync(shots, {recursive: true});
let failures = 0;
function check(good, what) {
  console.log(`${good ? 'ok    ' : 'FAILED'} ${what}`);
  if (!good) ++failures;
}

// Resolves to the process and its address.
function serve(...options) {
  const child = spawn(tool, ['serve', '--port', '0', '-j', '2', ...options]);
  return new Promise((done, fail) => {
    child.stdout.on('data', data => done({child, origin: String(data).match(/http:\/\/[0-9.:]+/)[0]}));
    child.on('exit', code => fail(new Error(`depix serve ended with ${code}`)));
  });
}
const browser = await launch(modules, chromium);
const problems = [];  // what a page may not do: ask anybody else, throw, or print errors
async function newPage(origin, options = {}) {
  const page = await browser.newPage({viewport: {width: 1200, height: 900}, ...options});
  page.on('request', request => request.url().startsWith(origin + '/') || /^(blob|data):/.test(request.url()) || problems.push('asks for ' + request.url()));
  page.on('pageerror', error => problems.push('throws ' + error.message));
  page.on('console', message => message.type() === 'error' && !/status of (400|503)/.test(message.text()) && problems.push('prints ' + message.text()));
  return page;
}
const open = async (page, origin, fields) => {
  await page.goto('about:blank');
  await page.goto(origin + '/#' + new URLSearchParams(fields));
  return settled(page, /^Done|layers in|pixels: press|is drawn|^Paint over/);
};
const give = async (page, name, buffer) => {
  await page.evaluate(() => say(''));
  await page.setInputFiles('#file', {name, mimeType: 'image/png', buffer});
  return settled(page, /^Done|press Restore/);
};

// Draws a line over the picture, from and to shares of its width and height.
async function paintLine(page, from, to) {
  await page.selectOption('#zoom', '1');
  await page.locator('#mask').scrollIntoViewIfNeeded();
  const {x, y, width, height} = await page.locator('#mask').boundingBox();
  await page.mouse.move(x + from[0] * width, y + from[1] * height);
  await page.mouse.down();
  await page.mouse.move(x + to[0] * width, y + to[1] * height, {steps: 5});
  await page.mouse.up();
}
const press = async page => {
  await page.evaluate(() => say(''));
  await page.click('#run');
  return settled(page, /^Done|^Nothing/);
};
const {child, origin} = await serve('--page', folder);
const page = await newPage(origin);

// ---- Restore: all models, with the program's own pixels ----

await open(page, origin, {});
const offered = await page.evaluate(() => choices.map(one => one.model));
const listed = execFileSync(tool, ['list']).toString().split('\n\n')[0].split('\n').slice(1).map(line => line.split(' ')[0]);
check(offered.join() === listed.join(), `the page offers the models of depix list: ${offered.join(', ')}`);
for (const id of await page.evaluate(() => choices.map(one => one.id))) {
  let status = await open(page, origin, {task: id});
  const takesMask = await page.evaluate(() => task().takesMask === true);
  if (takesMask) {
    await paintLine(page, [.2, .3], [.5, .4]);
    status = await press(page);
  }
  const answer = await page.evaluate(async () => {
    const png = async picture => [...new Uint8Array(await (await encodePicture(picture, 'image/png')).arrayBuffer())];
    return {png: await png(state.damaged), mask: task().takesMask ? await png(paintedMask()) : null,
            model: task().model, damage: $('damage').value, text: $('numbers').textContent};
  });
  const from = path.join(shots, 'in.png'), to = path.join(shots, 'out.png');
  fs.writeFileSync(from, Buffer.from(answer.png));
  const mask = path.join(shots, 'mask.png');
  if (takesMask) fs.writeFileSync(mask, Buffer.from(answer.mask));
  execFileSync(tool, ['restore', from, to, '-m', answer.model, '-j', '2', ...(takesMask ? ['--mask', mask] : [])], {stdio: 'ignore'});
  const same = await page.evaluate(async bytes => {
    const expected = await decodePicture(new Blob([new Uint8Array(bytes)]), 'expected'), {restored} = state;
    return restored && restored.width === expected.width && restored.height === expected.height && restored.data.every((value, i) => value === expected.data[i]);
  }, [...fs.readFileSync(to)]);
  check(/^Done/.test(status) && same && / ms in depix serve/.test(answer.text), `${answer.model}, ${answer.damage}: the pixels of depix restore; "${status}", ${answer.text}`);
  if (answer.model === 'denoise' || answer.model === 'enlarge_pages' || takesMask) await page.screenshot({path: path.join(shots, `served-${answer.model}.png`), fullPage: true});
}

// ---- painting ----

const countPainted = () => page.evaluate(() => new Uint32Array(paintedMask()?.data.buffer ?? 0).filter(pixel => pixel === 0xFFFFFFFF).length);
check(/^Paint over what is to be filled/.test(await open(page, origin, {task: 'inpaint'})), 'inpaint waits for what is painted');
check(/^Nothing is painted. Paint over/.test(await press(page)), 'and Restore says what to do');
await paintLine(page, [.3, .3], [.6, .3]);
const painted = await countPainted(), wide = await page.evaluate(() => .3 * $('mask').width * $('brush-size').value);
check(Math.abs(painted / wide - 1) < .2, `a line paints ${painted} pixels, about ${wide}`);
await paintLine(page, [.3, .3], [.6, .3]);
check(await countPainted() < 1.02 * painted, 'the same line again changes next to nothing');
check(/^Done/.test(await press(page)) && await page.isVisible('#download'), 'it is restored');
await page.check('#erase');
await paintLine(page, [.2, .3], [.7, .3]);
check(await countPainted() === 0 && await page.evaluate(() => state.restored === null) && await page.isHidden('#download'), 'the eraser takes it away, and the result with it');
await page.uncheck('#erase');
await page.focus('#mask');
await page.keyboard.press('ArrowLeft');
check(await countPainted() === 0, 'an arrow key paints nothing');
await page.keyboard.press(' ');
const dot = await countPainted();
await page.keyboard.press('Shift+ArrowDown');
check(dot > 0 && await countPainted() > dot, `Space paints ${dot} pixels, Shift with an arrow more`);
check(/^Done/.test(await press(page)), 'which are restored');
await page.click('#clear');
check(await countPainted() === 0, 'Clear takes all away');
const giveMask = (name, buffer) => page.setInputFiles('#mask-file', {name, mimeType: 'image/png', buffer});
await giveMask('mask.png', fs.readFileSync(path.join(shots, 'mask.png')));
await page.waitForFunction(() => paintedMask());
check(/^Done/.test(await press(page)), 'a mask of a file is taken');
await giveMask('small.png', pngFile(90, 50));
check(await settled(page, /never/) === 'small.png has 90 x 50 pixels, and the picture 480 x 320', 'one of another size is refused');

// ---- what is too much, cancelling, other models meanwhile ----

await open(page, origin, {task: 'denoiser'});
check(await give(page, 'large.png', pngFile(5000, 4000)) === '5000 x 4000 pixels: press Restore', '20 megapixels wait for the button');
await page.click('#run');
const refused = await settled(page, /never/);
check(/16000000/.test(refused), `and are refused: "${refused}"`);
check(await give(page, 'large.png', pngFile(4000, 3900)) === '4000 x 3900 pixels: press Restore', '15.6 megapixels wait for the button');
await page.click('#run');
await page.waitForTimeout(2500);
await page.click('#cancel');
check(await settled(page, /^Cancelled/) === 'Cancelled', 'and are cancelled');
const start = Date.now(), after = await give(page, 'small.png', pngFile(90, 50));
check(/^Done: 90 x 50/.test(after), `the next picture is restored after ${((Date.now() - start) / 1000).toFixed(1)} s`);
check(/is not a picture that this browser can read/.test(await give(page, 'text.png', Buffer.from('text'))), 'a file that is no picture');

// ---- Open and Train by WebAssembly ----

check(/layers in/.test(await open(page, origin, {task: 'depixelizer', tab: 'open'})), 'the depixelizer is opened');
const drawing = await open(page, origin, {task: 'binarize', tab: 'open'});
check(/^"binarize" is drawn, but it cannot be opened. These can: depixelizer,/.test(drawing) && await page.evaluate(() => $('opened').hidden && $('drawing').querySelector('svg') !== null), `binarize: "${drawing}"`);
await page.screenshot({path: path.join(shots, 'served-open.png'), fullPage: true});
await page.click('#tab-train');
await page.waitForFunction(() => trainer.pairs);
await page.click('#step');
await page.waitForFunction(() => trainer.losses.length === 1);
check(true, 'it trains');

const axe = fs.readFileSync(createRequire(path.join(modules, 'x.js')).resolve('axe-core/axe.min.js'), 'utf8');
for (const [name, options] of [['desktop', {}], ['dark', {colorScheme: 'dark'}],
                               ['phone', {viewport: {width: 390, height: 844}, deviceScaleFactor: 2, isMobile: true, hasTouch: true}]]) {
  const other = await newPage(origin, options);
  for (const [tab, id] of [['restore', 'page_cleaner'], ['restore', 'inpaint'], ['open', 'binarize']]) {
    await open(other, origin, {tab, task: id});
    if (id === 'inpaint') {
      await other.locator('#mask').scrollIntoViewIfNeeded();
      await (options.hasTouch ? other.tap('#mask') : other.click('#mask'));
      check(await other.evaluate(() => paintedMask() !== null), `${name}: a tap or a click paints`);
    }
    await other.screenshot({path: path.join(shots, `served-${name}-${tab}-${id}.png`), fullPage: true});
    const overflow = await other.evaluate(() => document.documentElement.scrollWidth) - (options.viewport ?? {width: 1200}).width;
    await other.evaluate(axe + ';0');
    const {violations} = await other.evaluate(() => axe.run({preload: false}));
    check(overflow <= 0 && violations.length === 0, `${name}, ${tab}, ${id}: no wider than the screen, and axe-core finds nothing: ` + violations.map(one => `${one.id} ${one.nodes[0].html.slice(0, 90)}`).join('; '));
  }
  await other.close();
}
check(problems.length === 0, 'the page asks nobody else, and nothing is thrown: ' + problems.slice(0, 3).join('; '));

// ---- without the built page, and without the program ----

const plain = await serve(), bare = await newPage(plain.origin);
check(/^Done/.test(await open(bare, plain.origin, {task: 'depixelizer'})), 'without a built page: the picture is restored');
await bare.click('#tab-open');
check(/because depix serve was started without --page/.test(await settled(bare, /is drawn/)) && await bare.evaluate(() => $('drawing').querySelector('svg') !== null), 'Open shows the drawing');
await bare.click('#tab-train');
check(/started with --page FOLDER/.test(await settled(bare, /never/)), 'Train says what is missing');
plain.child.removeAllListeners('exit');
plain.child.kill();
await new Promise(done => plain.child.on('exit', done));
await bare.click('#tab-restore');
await bare.evaluate(() => say(''));
await bare.click('#run');
const ended = await settled(bare, /never/);
check(ended === 'depix serve does not answer. Was it ended?', `after the program has ended: "${ended}"`);

child.removeAllListeners('exit');
child.kill();
await browser.close();
console.log(failures ? `${failures} checks failed` : 'all checks passed');
process.exit(failures ? 1 : 0);
