// The tab Open: the network, a layer, a pixel, and the bottleneck.
const open_ = {about: null, maps: null, layer: 0, pixel: {channel: 0, row: 0, column: 0}, code: null};

// The textbook's kernels are slow, so only the middle of a large picture is opened.
function cropped(picture, most) {
  const width = Math.min(picture.width, most.width), height = Math.min(picture.height, most.height);
  const left = Math.floor((picture.width - width) / 2), top = Math.floor((picture.height - height) / 2);
  const canvas = newCanvas(width, height), pen = canvas.getContext('2d', {willReadFrequently: true});
  pen.putImageData(picture, -left, -top);
  return pen.getImageData(0, 0, width, height);
}

// One channel of maps as grey, from its least to its largest value.
function mapPicture(maps, channel, height, width) {
  const area = height * width, values = maps.subarray(channel * area, (channel + 1) * area);
  let least = Infinity, most = -Infinity;
  for (const value of values) { least = Math.min(least, value); most = Math.max(most, value); }
  const picture = new ImageData(width, height), scale = most > least ? 255 / (most - least) : 0;
  values.forEach((value, i) => picture.data.set([1, 1, 1].map(() => (value - least) * scale), 4 * i));
  for (let i = 3; i < picture.data.length; i += 4) picture.data[i] = 255;
  return {picture, least, most};
}
const short = value => Math.abs(value) >= 100 || value === 0 ? value.toFixed(0) : value.toPrecision(3);

function listMaps(list, maps, shape, choose) {
  list.replaceChildren();
  for (let c = 0; c < shape.channels; ++c) {
    const {picture, least, most} = mapPicture(maps, c, shape.height, shape.width);
    const button = document.createElement('button'), canvas = newCanvas(1, 1);
    show(canvas, picture);
    button.append(canvas, `${c}: ${short(least)} to ${short(most)}`);
    button.setAttribute('aria-pressed', 'false');
    button.onclick = () => choose(c);
    list.append(button);
  }
}
const press = (list, channel) => [...list.children].forEach((one, i) => one.setAttribute('aria-pressed', i === channel));

async function openNetwork() {
  const {id, channels} = task(), picture = cropped(state.damaged, {width: 256, height: 128}), mine = turn;
  const canOpen = tasks.includes(task()) && !(isServed && !server.hasEngine);
  $('opened').hidden = !canOpen;
  if (!canOpen) return showServersDrawing();
  say('The textbook computes');
  const network = await engine.network(id), {width, height} = picture;
  const svg = await engine.ask({call: 'draw', network, height: 8 * Math.floor(height / 8), width: 8 * Math.floor(width / 8)});
  const start = performance.now();
  const about = await engine.ask({call: 'open', network, channels, height, width, rgba: new Uint8Array(picture.data)});
  if (mine !== turn || id !== task().id) return;
  Object.assign(open_, {about, network: id, turn: mine, picture: cropImage(picture, about)});
  $('drawing').innerHTML = svg;
  $('layer').replaceChildren(...about.layers.map((layer, i) =>
    new Option(`${layer.name} ${layer.kind}: ${layer.channels} x ${layer.height} x ${layer.width}`, i)));
  const wanted = state.wanted, layer = Number(wanted?.get('layer') ?? 0);
  const number = (key, otherwise) => Number(wanted?.get(key) ?? otherwise) || 0;
  open_.pixel = {channel: number('channel', 0), row: number('row', about.height / 2), column: number('column', about.width * 3 / 4)};
  state.wanted = null;
  const time = performance.now() - start;
  await chooseLayer(layer >= 0 && layer < about.layers.length ? layer : 0);
  await openCode();
  if (mine === turn) say(`${about.layers.length} layers in ${time.toFixed(0)} ms`);
}
const cropImage = (picture, {width, height}) => {  // the engine cuts what does not divide, at the right and the bottom
  const canvas = newCanvas(1, 1);
  show(canvas, picture);
  return canvas.getContext('2d').getImageData(0, 0, width, height);
};

async function chooseLayer(index) {
  const shape = open_.about.layers[index];
  const maps = await engine.ask({call: 'maps', layer: index, count: shape.channels * shape.height * shape.width});
  Object.assign(open_, {layer: index, maps});
  $('layer').value = index;
  $('layer-text').textContent = `${shape.name} is a ${shape.kind} with ${shape.parameters.toLocaleString('en')} parameters. ` +
    `It gives ${shape.channels} maps of ${shape.height} x ${shape.width} pixels. Each is drawn from its least value (black) to its largest (white).`;
  listMaps($('maps'), maps, shape, channel => safely(choosePixel)({...open_.pixel, channel}));
  await choosePixel(open_.pixel);
}

async function choosePixel(pixel) {
  const shape = open_.about.layers[open_.layer], inside = (value, count) => Math.min(Math.max(Math.trunc(value) || 0, 0), count - 1);
  open_.pixel = {channel: inside(pixel.channel, shape.channels), row: inside(pixel.row, shape.height), column: inside(pixel.column, shape.width)};
  for (const [id, count] of [['channel', shape.channels], ['row', shape.height], ['column', shape.width]]) {
    $(id).value = open_.pixel[id];
    $(id).max = count - 1;
  }
  press($('maps'), open_.pixel.channel);
  writeAddress();
  const why = await engine.ask({call: 'explain', layer: open_.layer, ...open_.pixel});
  open_.why = why;
  showPixel(shape, why);
  showSum(shape, why);
}

function outline(canvas, scale, left, top, width, height) {
  const pen = canvas.getContext('2d');
  pen.lineWidth = 2;
  pen.strokeStyle = '#d33';
  pen.strokeRect(left * scale + 1, top * scale + 1, Math.max(width * scale - 2, 2), Math.max(height * scale - 2, 2));
}
function enlarged(canvas, picture, scale) {
  const small = newCanvas(1, 1);
  show(small, picture);
  canvas.width = picture.width * scale;
  canvas.height = picture.height * scale;
  const pen = canvas.getContext('2d');
  pen.imageSmoothingEnabled = false;
  pen.drawImage(small, 0, 0, canvas.width, canvas.height);
}
const scaleFor = picture => Math.max(1, Math.floor(768 / picture.width));

function showPixel(shape, why) {
  const {channel, row, column} = open_.pixel, map = mapPicture(open_.maps, channel, shape.height, shape.width).picture;
  enlarged($('map'), map, scaleFor(map));
  outline($('map'), scaleFor(map), column, row, 1, 1);
  const scale = scaleFor(open_.picture);
  enlarged($('field'), open_.picture, scale);
  outline($('field'), scale, why.left, why.top, why.right - why.left + 1, why.bottom - why.top + 1);
  $('field-text').textContent = `The pixel depends on ${why.bottom - why.top + 1} x ${why.right - why.left + 1} pixels of the picture: ` +
    `rows ${why.top} to ${why.bottom}, columns ${why.left} to ${why.right}. What is outside counts as 0.`;
}

// The red of a product that lessens the sum, the blue of one that raises it.
function shade(value, most) {
  const strength = most > 0 ? Math.min(Math.abs(value) / most, 1) : 0;
  return value < 0 ? `rgb(255 ${255 - 110 * strength} ${255 - 110 * strength})` : `rgb(${255 - 110 * strength} ${255 - 60 * strength} 255)`;
}
function sumTable(terms, caption, most) {
  const table = document.createElement('table');
  table.createCaption().textContent = caption;
  const rows = [...new Set(terms.map(term => term.row))].sort((a, b) => a - b);
  for (const row of rows) {
    const line = table.insertRow();
    for (const term of terms.filter(one => one.row === row).sort((a, b) => a.column - b.column)) {
      const cell = line.insertCell();
      cell.textContent = `${short(term.value)} × ${short(term.weight)} = ${short(term.value * term.weight)}`;
      cell.style.background = shade(term.value * term.weight, most);
    }
  }
  return table;
}
function formula(kind, why) {
  if (kind === 'MaxPool2d') return `The pixel is the largest of these values: ${short(why.output)}.`;
  if (why.terms.length === 0) return `The pixel is ${short(why.output)}.`;
  if (why.terms.length === 1 && why.bias === 0 && why.terms[0].weight === 1)
    return `The layer makes ${short(why.output)} of the value ${short(why.terms[0].value)}.`;
  const sum = why.terms.reduce((total, term) => total + term.value * term.weight, why.bias);
  return `The pixel is the sum of ${why.terms.length} products and the bias ${short(why.bias)}: ${short(sum)}.`;
}
function showSum(shape, why) {
  const most = Math.max(0, ...why.terms.map(term => Math.abs(term.value * term.weight)));
  const groups = new Map();
  for (const term of why.terms) {
    const key = `${term.input}/${term.channel}`;
    groups.set(key, [...(groups.get(key) ?? []), term]);
  }
  const total = terms => terms.reduce((sum, term) => sum + term.value * term.weight, 0);
  const sorted = [...groups.values()].sort((a, b) => Math.abs(total(b)) - Math.abs(total(a))), shown = sorted.slice(0, 6);
  const text = document.createElement('p'), windows = document.createElement('div');
  text.textContent = formula(shape.kind, why) + (sorted.length > shown.length ? ` The six channels that count most are shown; the other ${sorted.length - 6} add ${short(total(sorted.slice(6).flat()))}.` : '');
  windows.className = 'windows';
  for (const terms of shown) {
    const source = [shape.input, shape.other][terms[0].input], from = source < 0 ? 'the picture' : open_.about.layers[source].name;
    windows.append(sumTable(terms, `${from}, channel ${terms[0].channel}: ${short(total(terms))}`, most));
  }
  $('sum').replaceChildren(text, windows);
}

// ---- the bottleneck ----

const decoded = async (channel, factor, fromOther = false) => {
  const {width, height} = open_.about;
  const rgba = await engine.ask({call: 'decode', channel, factor, fromOther, count: width * height * 4});
  return new ImageData(new Uint8ClampedArray(rgba.buffer), width, height);
};
async function openCode() {
  const {code, layers} = open_.about;
  $('code-part').hidden = code < 0;
  if (code < 0) return;
  const shape = layers[code], maps = await engine.ask({call: 'maps', layer: code, count: shape.channels * shape.height * shape.width});
  listMaps($('code'), maps, shape, channel => { $('code-channel').value = channel; safely(changeCode)(); });
  $('code-channel').max = shape.channels - 1;
  show($('decoded'), await decoded(-1, 1));
  await openOther();
  await changeCode();
}
// Of another picture the middle is taken, and what it lacks is white, so that it has the size of the opened one.
async function openOther() {
  const name = $('code-from').value, {width, height} = open_.about;
  $('other-part').hidden = !name;
  if (!name) return;
  const middle = cropped(await loadSample(name), {width, height}), canvas = newCanvas(width, height), pen = canvas.getContext('2d');
  pen.fillStyle = '#fff';
  pen.fillRect(0, 0, width, height);
  pen.putImageData(middle, Math.floor((width - middle.width) / 2), Math.floor((height - middle.height) / 2));
  const picture = pen.getImageData(0, 0, width, height);
  await engine.ask({call: 'openOther', channels: open_.about.channels, height, width, rgba: new Uint8Array(picture.data)});
  show($('other'), picture);
}
async function changeCode() {
  const {channels} = open_.about.layers[open_.about.code], channel = Math.min(Math.max(Math.trunc(Number($('code-channel').value)), 0), channels - 1);
  const factor = Number($('code-factor').value), from = $('code-from').value;
  $('code-channel').value = channel;
  $('code-factor-value').textContent = factor.toFixed(1);
  $('changed-text').textContent = `channel ${channel}${from ? ` of ${$('code-from').selectedOptions[0].text}` : ''}, times ${factor.toFixed(1)}`;
  press($('code'), channel);
  writeAddress();
  show($('changed'), await decoded(channel, factor, from !== ''));
}

panels.open = async () => {
  if (state.damaged && (open_.turn !== turn || open_.network !== task().id)) await openNetwork();
};
$('layer').onchange = safely(() => chooseLayer(Number($('layer').value)));
for (const id of ['channel', 'row', 'column'])
  $(id).onchange = safely(() => choosePixel({...open_.pixel, [id]: Number($(id).value)}));
$('map').onclick = safely(event => {
  const shape = open_.about.layers[open_.layer], box = $('map').getBoundingClientRect();
  const column = (event.clientX - box.left) / box.width * shape.width, row = (event.clientY - box.top) / box.height * shape.height;
  return choosePixel({...open_.pixel, row, column});
});
$('code-channel').onchange = safely(changeCode);
$('code-factor').oninput = safely(changeCode);
$('code-from').onchange = safely(async () => {
  $('code-factor').value = $('code-from').value ? 1 : 0;
  await openOther();
  await changeCode();
});
