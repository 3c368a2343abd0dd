// The page's state, its engine in a worker, its tabs and its address.
const depixParts = {};
const $ = id => document.getElementById(id);

const tasks = [  // in the order of network_names in networks.hpp; `model` is the name in the tool
  {id: 'depixelizer', model: 'depixelizer', label: 'depixelizer', channels: 3, damage: 'pixelation', strength: 3, sample: 'text0'},
  {id: 'text_restorer', model: 'text_restorer', label: 'text restorer', channels: 3, damage: 'pixelation', strength: 3, sample: 'text0'},
  {id: 'page_cleaner', model: 'page_cleaner', label: 'page cleaner', channels: 1, damage: 'stains', strength: 60, sample: 'page'},
  {id: 'documents_autoencoder', model: 'documents_autoencoder', label: 'documents autoencoder', channels: 1, damage: 'stains', strength: 60, sample: 'page'},
  {id: 'denoiser', model: 'denoise', label: 'denoiser', channels: 3, damage: 'noise', strength: 25, sample: 'scene'},
  {id: 'dejpeg', model: 'dejpeg', label: 'JPEG repair', channels: 3, damage: 'jpeg', strength: 20, sample: 'scene'},
];
let choices = tasks;  // what the user may choose: all models of `depix serve`, if that has loaded this page
const isServed = 'server' in document.documentElement.dataset;
const damages = {  // the slider's range, and what its number means
  none: {min: 0, max: 0, name: 'Strength', unit: ''},
  pixelation: {min: 1, max: 8, name: 'Window', unit: ' pixels'},
  noise: {min: 0, max: 100, name: 'Sigma', unit: ' of 255'},
  specks: {min: 0, max: 50, name: 'Share', unit: ' %'},
  stains: {min: 0, max: 100, name: 'Strength', unit: ' %'},
  blur: {min: 0, max: 8, name: 'Radius', unit: ' pixels'},
  jpeg: {min: 1, max: 100, name: 'Quality', unit: ''},
};
const state = {tab: 'restore', original: null, damaged: null, restored: null, name: ''};
const task = () => choices.find(one => one.id === $('task').value);

function say(text, error = false) {
  $('status').textContent = text;
  $('status').className = error ? 'error' : '';
}
// What an event starts, with its error shown.
const safely = action => async (...given) => {
  try {
    await action(...given);
  } catch (error) {
    if (error.message !== 'cancelled') say(error.message, true);
  }
};

// ---- parts of the page that are loaded when they are needed ----

const loading = {};
function loadPart(name) {
  loading[name] ??= new Promise((done, fail) => {
    const script = document.createElement('script');
    script.src = name + '.js';
    script.onload = () => done(depixParts[name]);
    script.onerror = () => { delete loading[name]; fail(new Error(`${name}.js is missing beside the page`)); };
    document.head.append(script);
  });
  return loading[name];
}

// A function that adds two vectors: only a browser with SIMD takes it.
const simdProbe = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11);
const wantsScalar = new URLSearchParams(location.hash.slice(1)).get('engine') === 'scalar';
const hasSimd = !wantsScalar && WebAssembly.validate(simdProbe) && 'DecompressionStream' in self;

async function compileEngine(name) {
  if (isServed && !server.hasEngine)
    throw new Error('Networks are opened and trained by WebAssembly, which depix serve has if it is started with --page FOLDER, a folder that examples/10_page/build made');
  const bytes = fromBase64(await loadPart(name + (hasSimd ? '-simd' : '-scalar')));
  if (!hasSimd) return WebAssembly.compile(bytes);
  const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return WebAssembly.compile(await new Response(unpacked).arrayBuffer());
}

// ---- the engine ----

class Engine {
  constructor(name, progress) {  // name: engine or trainer
    this.name = name;
    this.progress = progress;
    this.address = URL.createObjectURL(new Blob([`(${depixWorker})()`], {type: 'text/javascript'}));
  }
  // A worker with the engine; the module is compiled once.
  async start() {
    this.module ??= compileEngine(this.name);
    const worker = this.worker = new Worker(this.address);  // it starts while the module is compiled
    this.waiting = new Map();
    this.next = 0;
    this.loaded = new Map();
    this.worker.onmessage = ({data}) => {
      if ('done' in data) return this.progress(data.done, data.count);
      const {done, fail} = this.waiting.get(data.id);
      this.waiting.delete(data.id);
      if ('error' in data) fail(new Error(data.error)); else done(data.result);
    };
    // An engine that ran out of its stack, or a worker that the browser ended.
    this.worker.onerror = event => { event.preventDefault(); this.stop(event.message || 'the engine stopped'); };
    this.module.catch(() => { this.module = null; });
    const module = await this.module;
    if (this.worker !== worker) throw new Error('cancelled');
    await this.send({call: 'start', module});
  }
  send(message, moved = []) {
    return new Promise((done, fail) => {
      message.id = this.next++;
      this.waiting.set(message.id, {done, fail});
      this.worker.postMessage(message, moved);
    });
  }
  async ask(message, moved = []) {
    this.ready ??= this.start();
    await this.ready;
    return this.send(message, moved);
  }
  // Loads the network's weights into this worker, once, and returns its number.
  async network(id) {
    const number = tasks.findIndex(one => one.id === id);
    this.ready ??= this.start();
    await this.ready;
    if (!this.loaded.has(id)) {
      this.loaded.set(id, loadPart('weights-' + id).then(text =>
        this.ask({call: 'load', network: number, weights: fromBase64(text)})));
      this.loaded.get(id).catch(() => this.loaded.delete(id));
    }
    await this.loaded.get(id);
    return number;
  }
  // Ends the worker, whatever it does; the next question starts another one.
  stop(reason = 'cancelled') {
    this.worker?.terminate();
    this.worker = null;
    for (const {fail} of this.waiting?.values() ?? []) fail(new Error(reason));
    this.ready = null;
  }
}
const engine = new Engine('engine', (done, count) => { $('progress').max = count; $('progress').value = done; });

// ---- the picture ----

const sampleNames = [['text0', 'text 1'], ['text1', 'text 2'], ['text2', 'text 3'], ['text3', 'text 4'], ['text4', 'text 5'],
                     ['text5', 'text 6'], ['page', 'a page (drawn)'], ['scene', 'a landscape (drawn)']];

async function loadSample(name) {
  if (name === 'page') return drawPage();
  if (name === 'scene') return drawScene();
  if (isServed) return decodePicture(await (await ask(name.slice(4) + '.png')).blob(), 'the sample');
  return decodeAddress((await loadPart('samples'))[Number(name.slice(4))]);
}
function damaged(picture, kind, strength) {
  if (strength > 0 || kind === 'jpeg') {
    if (kind === 'pixelation') return addPixelation(picture, Math.min(strength, picture.width, picture.height));
    if (kind === 'noise') return addNoise(picture, strength);
    if (kind === 'specks') return addSpecks(picture, strength);
    if (kind === 'stains') return addStains(picture, strength);
    if (kind === 'blur') return addBlur(picture, strength);
    if (kind === 'jpeg') return addJpeg(picture, strength);
  }
  return picture;
}

function setDamage(kind, strength) {
  $('damage').value = kind;
  const range = damages[kind];
  $('strength').min = range.min;
  $('strength').max = range.max;
  $('strength').value = strength;
  $('strength').disabled = kind === 'none';
  $('strength-name').textContent = range.name;
  $('strength-value').textContent = kind === 'none' ? '' : $('strength').value + range.unit;
}

let turn = 0;  // of the latest change of the picture; an older one is dropped when it comes late
async function applyDamage() {
  if (!state.original) return;
  const mine = ++turn;
  const result = await damaged(state.original, $('damage').value, Number($('strength').value));
  if (mine !== turn) return;
  state.damaged = result;
  state.restored = null;
  await showTab();
}
async function setPicture(picture, name) {
  state.original = picture;
  state.name = name;
  await applyDamage();
}
async function takeFile(file) {
  if (!file) return;
  const picture = await decodePicture(file, file.name || 'what was pasted');
  $('sample').value = '';
  setDamage('none', 0);
  await setPicture(picture, file.name);
}

// ---- tabs and the address ----

const panels = {};  // what each tab shows of a new picture or network; the other files fill it

async function showTab() {
  writeAddress();
  await panels[state.tab]();
}
async function chooseTab(name) {
  state.tab = name;
  for (const one of ['restore', 'open', 'train']) {
    $(one).hidden = one !== name;
    $('tab-' + one).setAttribute('aria-selected', one === name);
    $('tab-' + one).tabIndex = one === name ? 0 : -1;
  }
  $('source').hidden = name === 'train';
  await showTab();
}

const trainingChoices = ['data', 'width', 'skip', 'optimizer', 'rate', 'batch'], codeChoices = ['code-channel', 'code-from', 'code-factor'];
const remembered = ['sample', 'task', 'damage', 'strength', 'layer', 'channel', 'row', 'column', ...codeChoices, ...trainingChoices];
function writeAddress() {
  const fields = new URLSearchParams({tab: state.tab});
  if (wantsScalar) fields.set('engine', 'scalar');
  for (const id of remembered) if ($(id).value !== '') fields.set(id, $(id).value);
  history.replaceState(null, '', '#' + fields);
}
async function readAddress() {
  const fields = new URLSearchParams(location.hash.slice(1));
  const chosen = choices.find(one => one.id === fields.get('task')) ?? choices[0];
  $('task').value = chosen.id;
  const kind = fields.get('damage') in damages ? fields.get('damage') : chosen.damage;
  setDamage(kind, Number(fields.get('strength') ?? chosen.strength) || 0);
  const names = sampleNames.map(([name]) => name);
  $('sample').value = names.includes(fields.get('sample')) ? fields.get('sample') : chosen.sample;
  for (const id of ['code-channel', 'code-factor']) if (fields.has(id)) $(id).value = Number(fields.get(id)) || 0;
  for (const id of [...trainingChoices, 'code-from'])
    if ([...$(id).options].some(option => option.value === fields.get(id))) $(id).value = fields.get(id);
  state.wanted = fields;  // the opened layer and pixel, which open.js takes when it knows the layers
  if (['open', 'train'].includes(fields.get('tab'))) await chooseTab(fields.get('tab'));
  await setPicture(await loadSample($('sample').value), $('sample').value);
}

async function startPage() {
  if (isServed) {
    await useServer();
  } else {
    engine.ready = engine.start();  // while the sample is read
    engine.ready.catch(() => { engine.ready = null; });
  }
  for (const one of choices) $('task').add(new Option(one.label, one.id));
  $('sample').add(new Option('your own', ''));
  $('code-from').add(new Option('this picture', ''));
  for (const [name, label] of sampleNames) for (const id of ['sample', 'code-from']) $(id).add(new Option(label, name));

  for (const name of ['restore', 'open', 'train']) $('tab-' + name).onclick = safely(() => chooseTab(name));
  $('tabs').onkeydown = event => {
    const step = {ArrowRight: 1, ArrowLeft: 2}[event.key];
    if (!step) return;
    const names = ['restore', 'open', 'train'], next = names[(names.indexOf(state.tab) + step) % 3];
    $('tab-' + next).focus();
    safely(chooseTab)(next);
  };
  $('sample').onchange = safely(async () => {
    if ($('sample').value) await setPicture(await loadSample($('sample').value), $('sample').value);
  });
  $('task').onchange = safely(async () => {
    if (state.original && $('sample').value === '') return applyDamage();  // the user's own picture stays as it is
    setDamage(task().damage, task().strength);
    $('sample').value = task().sample;
    await setPicture(await loadSample(task().sample), task().sample);
  });
  $('damage').onchange = safely(() => {
    const kind = $('damage').value, own = tasks.find(one => one.damage === kind);
    setDamage(kind, own ? own.strength : {blur: 2, specks: 5}[kind] ?? 0);
    return applyDamage();
  });
  $('strength').oninput = () => { $('strength-value').textContent = $('strength').value + damages[$('damage').value].unit; };
  $('strength').onchange = safely(applyDamage);
  $('file').onchange = safely(event => takeFile(event.target.files[0]));
  document.ondragover = event => event.preventDefault();
  document.ondrop = event => { event.preventDefault(); safely(takeFile)(event.dataTransfer.files[0]); };
  document.onpaste = event => { if (event.clipboardData.files.length) safely(takeFile)(event.clipboardData.files[0]); };
  window.onhashchange = safely(readAddress);
  return safely(readAddress)();
}
// The other files of the page follow; then it starts.
document.addEventListener('DOMContentLoaded', safely(startPage));
