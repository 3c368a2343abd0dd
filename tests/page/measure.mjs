// Measures the page: measure.mjs FOLDER NATIVE NODE_MODULES CHROMIUM. Prints the sizes, the time until the page is ready,
// and how long restoring takes beside the native program (one thread) and beside onnxruntime-web (one thread), where
// NODE_MODULES has it. FOLDER is a built page. Every time is the least of ten, the start the median of nine.
import {execFileSync} from 'child_process';
import fs from 'fs';
import http from 'http';
import path from 'path';
import zlib from 'zlib';
import {address, bytesOf, launch, native, settled} from './browser.mjs';

const [folder, program, modules, chromium] = process.argv.slice(2);
const weights = {depixelizer: '01_depixelizer', text_restorer: '01_depixelizer', page_cleaner: '05_documents',
                 documents_autoencoder: '05_documents', denoiser: '08_photographs'};
const root = path.resolve(path.dirname(new URL(import.meta.url).pathname), '../..');

// ---- sizes ----

const zipped = name => zlib.gzipSync(fs.readFileSync(path.join(folder, name)), {level: 9}).length;
for (const name of fs.readdirSync(folder).filter(name => /\.(js|html|css)$/.test(name)).sort())
  console.log(`${name}: ${fs.statSync(path.join(folder, name)).size} bytes, ${zipped(name)} gzip`);
const small = fs.readdirSync(folder).filter(name => /\.(js|html|css)$/.test(name) && !/-scalar|^trainer-|^weights-(?!depix|documents)/.test(name));
console.log(`the page with the two autoencoders: ${small.map(zipped).reduce((a, b) => a + b)} gzip`);

// ---- start ----

const browser = await launch(modules, chromium);
const median = values => values.sort((a, b) => a - b)[values.length >> 1];
// read: the document; ready: the engine; restored: the first picture
const starts = {read: [], ready: [], restored: []};
for (let i = 0; i < 9; ++i) {
  const page = await browser.newPage();
  await page.addInitScript(() => {  // when the engine is there, and when the first picture is
    document.addEventListener('DOMContentLoaded', () => {
      window.readAt = performance.now();
      const start = Engine.prototype.start;
      Engine.prototype.start = async function() { await start.call(this); window.readyAt ??= performance.now(); };
      new MutationObserver(() => { if ($('status').textContent.startsWith('Done')) window.restoredAt ??= performance.now(); })
        .observe($('status'), {childList: true});
    });
  });
  await page.goto(address(folder, {}));
  await page.waitForFunction(() => window.restoredAt);
  const [read, ready, restored] = await page.evaluate(() => [readAt, readyAt, restoredAt]);
  starts.read.push(read);
  starts.ready.push(ready);
  starts.restored.push(restored);
  await page.close();
}
for (const [name, values] of Object.entries(starts))
  console.log(`${name} ${median(values).toFixed(0)} ms after the navigation began, at best ${values[0].toFixed(0)} ms`);

// ---- restoring ----

async function inPage(network, engine) {
  const page = await browser.newPage();
  await page.goto(address(folder, {task: network, ...engine}));
  await settled(page);
  const best = await page.evaluate(async id => {
    const {width, height, data} = state.damaged, channels = task().channels, network = await engine.network(id);
    let least = Infinity;
    for (let i = 0; i < 10; ++i)
      least = Math.min(least, (await engine.ask({call: 'restore', network, channels, height, width, tile: 512, rgba: new Uint8Array(data)})).milliseconds);
    return least;
  }, network);
  const picture = {rgba: await bytesOf(page, 'damaged'), ...await page.evaluate(() => ({width: state.damaged.width, height: state.damaged.height, channels: task().channels}))};
  await page.close();
  return {best, picture};
}

const ort = path.join(modules, 'onnxruntime-web/dist');
const server = http.createServer((request, response) => {
  const name = path.basename(new URL(request.url, 'http://x').pathname), file = path.join(name.endsWith('.onnx') ? folder : ort, name);
  if (name === 'page') return response.setHeader('Content-Type', 'text/html').end('<!doctype html><script src="ort.wasm.min.js"></script>');
  if (!fs.existsSync(file)) return response.writeHead(404).end();
  const kind = name.endsWith('js') ? 'text/javascript' : name.endsWith('.wasm') ? 'application/wasm' : 'application/octet-stream';
  response.setHeader('Content-Type', kind).end(fs.readFileSync(file));
});
await new Promise(done => server.listen(0, '127.0.0.1', done));

async function inOnnxRuntime(network, {width, height, channels}) {
  const file = path.join(folder, network + '.onnx');
  const from = path.join(root, 'examples', weights[network], network + '.safetensors');
  const margin = Number(execFileSync(program, ['onnx', network, from, file]).toString());
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${server.address().port}/page`);
  const best = await page.evaluate(async ([model, channels, height, width]) => {
    ort.env.wasm.numThreads = 1;
    const session = await ort.InferenceSession.create(model, {executionProviders: ['wasm']});
    const input = new ort.Tensor('float32', new Float32Array(channels * height * width).fill(0.5), [1, channels, height, width]);
    let least = Infinity;
    for (let i = 0; i < 10; ++i) {
      const start = performance.now();
      await session.run({input});
      least = Math.min(least, performance.now() - start);
    }
    return least;
  }, [network + '.onnx', channels, height + 2 * margin, width + 2 * margin]);  // the same pixels as restore()
  await page.close();
  return best;
}

for (const network of Object.keys(weights)) {
  const {best, picture} = await inPage(network, {}), scalar = await inPage(network, {engine: 'scalar'});
  const {printed} = native(program, folder, 'restore', network, picture.height, picture.width, picture.rgba, 10);
  const other = fs.existsSync(ort) ? `${(await inOnnxRuntime(network, picture)).toFixed(1)} ms` : 'not installed';
  console.log(`${network}, ${picture.width}x${picture.height}: page ${best.toFixed(1)} ms, without SIMD ${scalar.best.toFixed(1)} ms, ` +
    `native ${printed.trim()}, onnxruntime-web ${other}`);
}
server.close();
await browser.close();
