// The tab Train: a depixelizer learns while one looks on. It has an engine of its own, which is loaded when it is
// needed; the other tabs go on meanwhile.
const trainer = {engine: new Engine('trainer', () => {}), running: false, losses: [], pairs: null};

// The same text in every run: 48 pictures, pixelated by windows of 2, 3 and 4.
async function makePairs(kind) {
  const random = randomNumbers(7), clean = [];
  if (kind === 'samples') for (let i = 0; i < 6; ++i) clean.push(await loadSample('text' + i));
  else for (let i = 0; i < 48; ++i) clean.push(drawText(random));
  const pixels = [];
  for (const [i, picture] of clean.entries()) pixels.push(addPixelation(picture, 2 + i % 3));
  return {clean, pixels};
}

const newTraining = ['data', 'width', 'skip', 'optimizer'];  // a change of these starts again
const chosenTraining = () => newTraining.map(id => $(id).value).join();

async function startTraining() {
  trainer.running = false;
  trainer.chosen = chosenTraining();
  const pairs = await makePairs($('data').value), size = 256 * 64 * 4, count = pairs.clean.length;
  const rgba = new Uint8Array(2 * count * size);
  pairs.pixels.forEach((picture, i) => rgba.set(picture.data, i * size));
  pairs.clean.forEach((picture, i) => rgba.set(picture.data, (count + i) * size));
  const width = Number($('width').value), skip = $('skip').value !== 'none', adam = $('optimizer').value === 'Adam';
  const weights = await trainer.engine.ask({call: 'trainStart', pairs: count, width, skip, adam, rate: Number($('rate').value), seed: 1, rgba});
  Object.assign(trainer, {pairs, width, losses: [], kept: 0});
  $('train-network').textContent = `Its ${weights.toLocaleString('en')} weights`;
  show($('train-input'), pairs.pixels[1]);
  show($('train-target'), pairs.clean[1]);
  showGo();
  await showTraining();
}
async function trainSteps(steps) {
  const batch = Number($('batch').value), rate = Number($('rate').value);
  trainer.losses.push(...await trainer.engine.ask({call: 'trainSteps', steps, batch, rate}));
  trainer.kept = Math.min(trainer.kept + steps, 50);  // Training::kept_steps
}
async function stepBack() {  // the engine has kept what the last steps changed
  trainer.kept = await trainer.engine.ask({call: 'trainBack'});
  trainer.losses.pop();
}

function showFilters(weights, width) {  // width x 3 x 3 x 3: grey is 0
  const picture = new ImageData(width * 4 - 1, 3);
  for (let f = 0; f < width; ++f)
    for (let c = 0; c < 3; ++c)
      for (let i = 0; i < 9; ++i) {
        const at = 4 * (Math.floor(i / 3) * picture.width + 4 * f + i % 3);
        picture.data[at + c] = 128 + 220 * weights[(f * 3 + c) * 9 + i];
        picture.data[at + 3] = 255;
      }
  enlarged($('filters'), picture, 16);
  $('filters').style.maxWidth = 4 * width + 'rem';
}
function showLosses() {
  const canvas = $('loss'), pen = canvas.getContext('2d'), losses = trainer.losses, {width, height} = canvas;
  const style = getComputedStyle(document.body);
  pen.clearRect(0, 0, width, height);
  if (losses.length < 2) return;
  const logs = losses.map(Math.log10), high = Math.ceil(Math.max(...logs) * 4) / 4, low = Math.floor(Math.min(...logs) * 4) / 4;
  const x = i => 44 + (width - 52) * i / (losses.length - 1), y = value => 12 + (height - 34) * (high - value) / (high - low);
  pen.fillStyle = style.color;
  pen.font = '12px system-ui, sans-serif';
  pen.fillText((10 ** high).toPrecision(2), 2, 16);
  pen.fillText((10 ** low).toPrecision(2), 2, height - 22);
  pen.fillText('0', 44, height - 4);
  pen.textAlign = 'right';
  pen.fillText(String(losses.length), width - 4, height - 4);
  pen.textAlign = 'left';
  pen.strokeStyle = style.getPropertyValue('--accent');
  pen.beginPath();
  logs.forEach((value, i) => pen.lineTo(x(i), y(value)));
  pen.stroke();
}
async function showTraining() {
  const {width} = trainer, {rgba, filters} = await trainer.engine.ask({call: 'trainShow', pair: 1, bytes: 256 * 64 * 4, width});
  const output = new ImageData(new Uint8ClampedArray(rgba.buffer), 256, 64), count = trainer.losses.length;
  show($('train-output'), output);
  showFilters(filters, width);
  showLosses();
  $('back').disabled = trainer.kept === 0;
  const quality = `Closeness (PSNR) of the picture below: ${psnr(output, trainer.pairs.clean[1]).toFixed(2)} dB; of the pixelated one: ` +
    `${psnr(trainer.pairs.pixels[1], trainer.pairs.clean[1]).toFixed(2)} dB.`;
  $('train-text').textContent = count ? `Step ${count}: loss ${trainer.losses[count - 1].toPrecision(4)}. ${quality}` : 'The weights are random. ' + quality;
}
const showGo = () => { $('go').textContent = trainer.running ? 'Pause' : 'Train'; };

async function goOn() {
  if (!trainer.pairs) await startTraining();
  trainer.running = !trainer.running;
  showGo();
  try {
    while (trainer.running) {
      await trainSteps(2);
      await showTraining();
      await new Promise(requestAnimationFrame);
    }
  } finally {
    trainer.running = false;
    showGo();
  }
}

// An address may have changed what is trained.
panels.train = async () => { if (trainer.chosen !== chosenTraining()) await startTraining(); };
$('go').onclick = safely(goOn);
$('step').onclick = safely(async () => {
  if (!trainer.pairs) await startTraining();
  trainer.running = false;
  await trainSteps(1);
  await showTraining();
});
$('back').onclick = safely(async () => {
  trainer.running = false;
  if (trainer.kept === 0) return;
  await stepBack();
  await showTraining();
});
$('again').onclick = safely(startTraining);
for (const id of newTraining) $(id).onchange = safely(async () => { writeAddress(); await startTraining(); });
for (const id of ['rate', 'batch']) $(id).onchange = writeAddress;
