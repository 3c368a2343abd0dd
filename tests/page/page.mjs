// Tests of the page: page.mjs FOLDER NATIVE NODE_MODULES CHROMIUM. Every check prints a line; the exit status is 1 if one
// fails.
import {execFileSync} from 'child_process';
import {createRequire} from 'module';
import fs from 'fs';
import path from 'path';
import {address, bytesOf, launch, native, pngFile, settled} from './browser.mjs';

const [folder, program, modules, chromium] = process.argv.slice(2);
const shots = path.join(folder, 'shots');
fs.mkdirSync(shots, {recursive: true});
let failures = 0;
function check(good, what) {
  console.log(`${good ? 'ok    ' : 'FAILED'} ${what}`);
  if (!good) ++failures;
}

const browser = await launch(modules, chromium);
const problems = [];  // what a page may not do: ask a server, throw, or print errors
async function newPage(options = {}) {
  const page = await browser.newPage({viewport: {width: 1200, height: 900}, ...options});
  page.on('request', request => /^(file|blob|data):/.test(request.url()) || problems.push('asks for ' + request.url()));
  page.on('pageerror', error => problems.push('throws ' + error.message));
  page.on('console', message => message.type() === 'error' && problems.push('prints ' + message.text()));
  return page;
}
const open = async (page, fields) => {
  await page.goto('about:blank');
  await page.goto(address(folder, fields));
  return fields.tab === 'train' ? page.waitForFunction(() => trainer.pairs) : settled(page);
};

function differences(a, b) {  // the largest, and how many there are
  let most = a.length === b.length ? 0 : 255, count = 0;
  for (let i = 0; i < a.length; ++i) if (a[i] !== b[i]) { ++count; most = Math.max(most, Math.abs(a[i] - b[i])); }
  return {most, count, text: `${count} of ${a.length} bytes differ, by at most ${most}`};
}
const sizeOf = page => page.evaluate(() => [state.damaged.height, state.damaged.width]);

// ---- Restore ----

// Both compute in float. The kernels round differently (SIMD of another width, no fused multiplication and addition),
// so that a value near the middle between two bytes may become either.
async function restoreLikeNative(page, network, fields = {}) {
  const status = await open(page, {task: network, ...fields});
  const [height, width] = await sizeOf(page), picture = await bytesOf(page, 'damaged');
  const expected = native(program, folder, 'restore', network, height, width, picture).bytes;
  const restored = await bytesOf(page, 'restored'), {most, count, text} = differences(restored, expected);
  check(/^Done/.test(status) && !restored.equals(picture) && most <= 1 && count < expected.length / 500, `restore ${network} ${JSON.stringify(fields)}: ${text}`);
}
const page = await newPage();
for (const network of ['depixelizer', 'text_restorer', 'page_cleaner', 'documents_autoencoder', 'denoiser', 'dejpeg'])
  await restoreLikeNative(page, network);
for (const damage of ['noise', 'stains', 'blur', 'jpeg', 'none'])
  await restoreLikeNative(page, 'depixelizer', {damage, strength: 4, sample: 'page'});
await restoreLikeNative(page, 'text_restorer', {engine: 'scalar'});
check(!await page.evaluate(() => hasSimd), 'the engine without SIMD was chosen');

await open(page, {task: 'text_restorer'});
const tiled = await page.evaluate(async () => {
  const {width, height, data} = state.damaged, network = await engine.network('text_restorer');
  const {rgba} = await engine.ask({call: 'restore', network, channels: 3, height, width, tile: 32, rgba: new Uint8Array(data)});
  return {tiles: $('progress').max, most: Math.max(...rgba.map((value, i) => Math.abs(value - state.restored.data[i])))};
});
check(tiled.tiles === 16 && tiled.most <= 1, `tiles of 32 pixels give the same: ${tiled.tiles} tiles, differences of at most ${tiled.most}`);
const [download] = await Promise.all([page.waitForEvent('download'), page.click('#download')]);
check(fs.readFileSync(await download.path()).subarray(1, 4).toString() === 'PNG', 'the download is a PNG');
await page.screenshot({path: path.join(shots, 'restore.png')});

// ---- files ----

const give = async (page, name, buffer) => {
  await page.evaluate(() => say(''));
  await page.setInputFiles('#file', {name, mimeType: 'image/png', buffer});
  return settled(page, /^Done|press Restore/);
};
const png = pngFile(90, 50);
const hostile = {
  'text.png': Buffer.from('not a picture'),
  'empty.png': Buffer.alloc(0),
  'cut.png': png.subarray(0, 40),
  'huge.png': Buffer.concat([png.subarray(0, 16), Buffer.from([0x7f, 255, 255, 255, 0x7f, 255, 255, 255]), png.subarray(24)]),
  'markup.svg': Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script>'),
  '<img src=x onerror=alert(1)>.png': Buffer.from('neither'),
};
for (const [name, bytes] of Object.entries(hostile)) {
  const status = await give(page, name, bytes);
  check(status === `${name} is not a picture that this browser can read`, `${name}: "${status}"`);
}
check(/^Done: 90 x 50/.test(await give(page, 'odd size.png', png)), 'after these the page restores 90 x 50 pixels');
check(/^Done: 1 x 1/.test(await give(page, 'one pixel.png', pngFile(1, 1))), 'it restores a single pixel');
const damagedWeights = await page.evaluate(async () => {
  const bytes = fromBase64(await loadPart('weights-depixelizer')), answers = [];
  const nan = bytes.slice();
  nan[1] = 0x7e;
  for (const weights of [bytes.slice(0, 1000), new Uint8Array(0), nan])
    answers.push(await engine.ask({call: 'load', network: 0, weights}).then(() => 'taken', error => error.message));
  return answers;
});
check(damagedWeights.every(answer => answer !== 'taken'), `wrong weights are refused: ${damagedWeights.join('; ')}`);

await open(page, {task: 'depixelizer'});
let status = await give(page, 'large.png', pngFile(5000, 4000));
check(status === '5000 x 4000 pixels: press Restore', `20 megapixels: "${status}"`);
await page.click('#run');
await page.waitForFunction(() => $('progress').value >= 2 && $('progress').max > 2);
await page.click('#cancel');
check(await settled(page, /^Cancelled/) === 'Cancelled', 'cancelled after two tiles');
await page.click('#run');
status = await settled(page, /^Done/);
check(status === 'Done: 5000 x 4000 pixels', `20 megapixels: "${status}", ${(await page.textContent('#numbers')).split(',')[0]}`);

// ---- Open ----

for (const network of ['depixelizer', 'text_restorer', 'documents_autoencoder', 'page_cleaner', 'denoiser']) {
  status = await open(page, {task: network, tab: 'open', sample: 'text0', row: 6, column: 31});
  const opened = await page.evaluate(async () => {
    const {layers, channels, height, width} = open_.about, all = [], wrong = [];
    let explained = 0;
    for (const [i, layer] of layers.entries()) {
      const maps = await engine.ask({call: 'maps', layer: i, count: layer.channels * layer.height * layer.width});
      for (const value of maps) all.push(value);
      for (let k = 0; k < 20; ++k) {  // pixels here and there, the corners too
        const channel = 7 * k % layer.channels, row = k % 3 ? 5 * k % layer.height : layer.height - 1, column = k ? 11 * k % layer.width : 0;
        const why = await engine.ask({call: 'explain', layer: i, channel, row, column});
        const products = why.terms.map(term => term.value * term.weight);
        const sum = layer.kind === 'MaxPool2d' ? Math.max(...products) : products.reduce((a, b) => a + b, why.bias);
        const value = maps[(channel * layer.height + row) * layer.width + column];
        const expected = layer.kind === 'ReLU' ? Math.max(sum, 0) : layer.kind === 'Sigmoid' ? 1 / (1 + Math.exp(-sum)) : sum;
        ++explained;
        if (why.terms.length === 0 || Math.abs(expected - value) > 1e-4 * Math.max(1, Math.abs(value))) wrong.push(`${layer.name} ${layer.kind}: ${expected}, not ${value}`);
      }
    }
    const picture = open_.picture;
    return {all, wrong, explained, height, width, count: layers.length, rgba: [...picture.data]};
  });
  const bytes = native(program, folder, 'open', network, opened.height, opened.width, Buffer.from(opened.rgba)).bytes;
  const expected = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  // The textbook is the same code, but the two compilers may add in another order.
  const wrong = opened.all.filter((value, i) => !(Math.abs(value - expected[i]) <= 1e-4 * Math.max(1, Math.abs(expected[i])))).length;
  check(opened.all.length === expected.length && wrong === 0, `open ${network}: ${opened.count} layers, ${expected.length} values of maps, ${wrong} other than observe's`);
  check(opened.wrong.length === 0, `open ${network}: ${opened.explained} pixels explained, wrong: ${opened.wrong.slice(0, 3)}`);
}
await open(page, {task: 'depixelizer', tab: 'open', layer: 4, channel: 7, row: 12, column: 100});
const chosen = await page.evaluate(() => [$('layer').value, $('channel').value, $('row').value, $('column').value].join(' '));
check(chosen === '4 7 12 100', `the address opens a layer and a pixel: ${chosen}`);
check((await page.textContent('#field-text')).includes('8 x 8'), 'its receptive field: ' + await page.textContent('#field-text'));
const same = await page.evaluate(async () => {
  const a = await decoded(3, 1), b = await decoded(-1, 1), c = await decoded(3, 0), differ = (x, y) => x.data.some((value, i) => value !== y.data[i]);
  return [differ(a, b), differ(a, c)];
});
check(!same[0] && same[1], 'a channel of the code times 1 changes nothing, times 0 something');
// A channel of another picture: in place of its own it changes nothing, if both pictures are the same.
await open(page, {task: 'documents_autoencoder', tab: 'open', damage: 'none', sample: 'text0', 'code-channel': 2, 'code-from': 'text1', 'code-factor': 1});
const swapped = await page.evaluate(async () => {
  const differ = (x, y) => x.data.some((value, i) => value !== y.data[i]), whole = await decoded(-1, 1);
  const text = $('changed-text').textContent, shown = $('changed').getContext('2d').getImageData(0, 0, whole.width, whole.height);
  const result = {text, shown: differ(shown, await decoded(2, 1, true)), other: [], same: []};
  const zero = await decoded(2, 0), otherZero = await decoded(2, 0, true);
  for (let c = 0; c < open_.about.layers[open_.about.code].channels; ++c) result.other.push(differ(await decoded(c, 1, true), whole));
  $('code-from').value = 'text0';
  await openOther();
  for (let c = 0; c < result.other.length; ++c) result.same.push(differ(await decoded(c, 1, true), whole));
  const {width, height} = open_.about, call = {call: 'openOther', channels: 1, height: 8, width, rgba: new Uint8Array(width * 32)};
  return {...result, zero: differ(zero, otherZero), wrong: await engine.ask(call).then(() => 'taken', error => error.message)};
});
check(swapped.text === 'channel 2 of text 2, times 1.0' && !swapped.shown, `the address swaps a channel: "${swapped.text}"`);
check(swapped.other.some(Boolean) && !swapped.same.some(Boolean) && !swapped.zero, `another picture's channel changes the result for ${swapped.other.filter(Boolean).length} of ${swapped.other.length} channels; the same picture's changes nothing`);
check(swapped.wrong.includes('the other picture is 1x8x'), `another picture of another size: "${swapped.wrong}"`);
await page.selectOption('#code-from', '');
await page.waitForFunction(() => $('changed-text').textContent === 'channel 2, times 0.0' && $('other-part').hidden);
await page.selectOption('#code-from', 'text2');
await page.waitForFunction(() => $('changed-text').textContent === 'channel 2 of text 3, times 1.0' && !$('other-part').hidden);
check(true, 'its own channel again, and a third picture\'s');
await page.screenshot({path: path.join(shots, 'open.png'), fullPage: true});

// Damage that the page computes itself, and the library's.
const waves = await page.evaluate(() => {
  const picture = new ImageData(61, 47);
  for (let i = 0; i < picture.data.length; ++i) picture.data[i] = i % 4 === 3 ? 255 : 128 + 127 * Math.sin(i * i / 900);
  return {rgba: [...picture.data], pixelated: [1, 2, 3, 5, 8, 47].map(window => [window, [...addPixelation(picture, window).data]])};
});
for (const [window, pixels] of waves.pixelated) {
  const from = path.join(folder, 'native.in'), to = path.join(folder, 'native.out');
  fs.writeFileSync(from, Buffer.from(waves.rgba));
  execFileSync(program, ['pixelate', window, 47, 61, from, to].map(String));
  check(fs.readFileSync(to).equals(Buffer.from(pixels)), `windows of ${window}: the pixels of depix::pixelate`);
}

// ---- Train ----

await open(page, {tab: 'train', data: 'samples', rate: '0.01', batch: '2'});
const trained = await page.evaluate(async () => {
  for (let i = 0; i < 20; ++i) await trainSteps(1);
  await showTraining();
  return {losses: trainer.losses, pixels: trainer.pairs.pixels.map(one => [...one.data]), clean: trainer.pairs.clean.map(one => [...one.data])};
});
const pairs = path.join(folder, 'pairs.rgba');
fs.writeFileSync(pairs, Buffer.concat([...trained.pixels, ...trained.clean].map(one => Buffer.from(one))));
const losses = execFileSync(program, ['train', '20', '2', '6', pairs]).toString().trim().split('\n').map(Number);
const worst = Math.max(...losses.map((loss, i) => Math.abs(trained.losses[i] / loss - 1)));
// Rounding grows with every step; after 20 it is still far below what a step changes.
check(losses.length === 20 && worst < 1e-3, `20 steps: loss ${losses[0]} to ${losses[19]}, native; at most ${worst.toExponential(1)} apart`);
for (const [width, skip] of [[3, 'none'], [12, 'none'], [3, 'added'], [6, 'added'], [12, 'added']]) {
  await open(page, {tab: 'train', data: 'samples', rate: '0.01', batch: '2', width, skip});
  const [weights, own] = await page.evaluate(async () => {
    for (let i = 0; i < 5; ++i) await trainSteps(1);
    await showTraining();
    return [$('train-network').textContent, trainer.losses];
  });
  const expected = execFileSync(program, ['train', '5', '2', '6', pairs, width, skip === 'none' ? 'none' : 'skip'].map(String)).toString().trim().split('\n').map(Number);
  const apart = Math.max(...expected.map((loss, i) => Math.abs(own[i] / loss - 1)));
  check(own.length === 5 && apart < 1e-3, `width ${width}, skip ${skip}, ${weights}: loss ${own[0].toPrecision(4)} to ${own[4].toPrecision(4)}, at most ${apart.toExponential(1)} from the native one`);
}
for (const optimizer of ['Adam', 'SGD']) {
  await open(page, {tab: 'train', data: 'samples', rate: '0.003', batch: '4', width: 3, optimizer});
  const back = await page.evaluate(async () => {
    const outputs = [], output = async () => outputs.push((await trainer.engine.ask({call: 'trainShow', pair: 1, bytes: 65536, width: 3})).rgba.join());
    const disabled = $('back').disabled;
    await trainSteps(7);
    await output();
    await trainSteps(5);
    const first = [...trainer.losses];
    for (let i = 0; i < 5; ++i) await stepBack();
    await output();
    const steps = trainer.losses.length;
    await trainSteps(5);
    const again = [...trainer.losses];
    await trainSteps(50);
    for (let i = 0; i < 50; ++i) await stepBack();
    return {disabled, first, again, steps, same: outputs[0] === outputs[1], kept: trainer.kept, refused: await stepBack().then(() => 'taken', error => error.message), left: trainer.losses.length};
  });
  check(back.disabled && back.steps === 7 && back.same && back.first.join() === back.again.join(), `${optimizer}: 5 steps back, and the same 5 again: ${back.again.slice(-1)}`);
  check(back.kept === 0 && back.left === 12 && back.refused === 'the last 50 steps can be taken back, not more', `${optimizer}: 50 steps back, then "${back.refused}"`);
}
await page.click('#go');
await page.waitForFunction(() => trainer.losses.length > 60);
check(await page.textContent('#go') === 'Pause', 'it trains on');
await page.click('#go');
await page.waitForTimeout(500);
const paused = await page.evaluate(() => trainer.losses.length);
await page.click('#step');
await page.waitForFunction(count => trainer.losses.length === count + 1, paused);
check(true, 'pause, and one step');
await page.click('#back');
await page.waitForFunction(count => trainer.losses.length === count && !$('back').disabled, paused);
check((await page.textContent('#train-text')).startsWith(`Step ${paused}:`), 'one step back');
await page.evaluate(() => { location.hash = location.hash.replace('width=3', 'width=12'); });
await page.waitForFunction(() => $('train-network').textContent === 'Its 19,557 weights' && trainer.losses.length === 0);
check(true, 'another width in the address starts again');
await page.screenshot({path: path.join(shots, 'train.png'), fullPage: true});

// ---- keyboard, phone, dark, screen readers ----

await open(page, {});
await page.focus('#tab-restore');
await page.keyboard.press('ArrowRight');
check(await page.evaluate(() => state.tab === 'open' && document.activeElement.id === 'tab-open'), 'arrow keys change the tab');
await page.keyboard.press('ArrowLeft');
await page.focus('#split');
const before = await page.inputValue('#split');
await page.keyboard.press('ArrowRight');
check(await page.inputValue('#split') !== before, 'arrow keys move the line');

const axe = fs.readFileSync(createRequire(path.join(modules, 'x.js')).resolve('axe-core/axe.min.js'), 'utf8');
for (const [name, options] of [['desktop', {}], ['dark', {colorScheme: 'dark'}],
                               ['phone', {viewport: {width: 390, height: 844}, deviceScaleFactor: 2, isMobile: true, hasTouch: true}]]) {
  const other = await newPage(options);
  for (const tab of ['restore', 'open', 'train']) {
    await open(other, {tab, task: 'depixelizer'});
    if (tab === 'train') await other.click('#step').then(() => other.waitForFunction(() => trainer.losses.length > 0));
    await other.screenshot({path: path.join(shots, `${name}-${tab}.png`), fullPage: true});
    const overflow = await other.evaluate(() => document.documentElement.scrollWidth) - (options.viewport ?? {width: 1200}).width;
    check(overflow <= 0, `${name}, ${tab}: the page is no wider than the screen`);
    await other.evaluate(axe + ';0');  // not a script of the page, which its policy would refuse
    const {violations} = await other.evaluate(() => axe.run({preload: false}));
    check(violations.length === 0, `${name}, ${tab}: axe-core finds nothing: ` + violations.map(one => `${one.id} ${one.nodes[0].html.slice(0, 90)}`).join('; '));
  }
  await other.close();
}

check(problems.length === 0, 'no request leaves the page, and nothing is thrown: ' + problems.slice(0, 3).join('; '));
await browser.close();
console.log(failures ? `${failures} checks failed` : 'all checks passed');
process.exit(failures ? 1 : 0);
