// Pictures: samples, damage, and what canvases need. A picture is an ImageData.

// The same numbers in every run (mulberry32), from 0 to 1.
function randomNumbers(seed) {
  return () => {
    seed = (seed + 0x6D2B79F5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

function newCanvas(width, height) {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  return canvas;
}
function show(canvas, picture) {
  canvas.width = picture.width;
  canvas.height = picture.height;
  canvas.getContext('2d').putImageData(picture, 0, 0);
}
// The browser decodes it; what is behind transparent pixels is white.
async function decodePicture(blob, name, behind = 'white') {
  let bitmap;
  try {
    bitmap = await createImageBitmap(blob);
  } catch (error) {
    throw new Error(`${name} is not a picture that this browser can read`);
  }
  const canvas = newCanvas(bitmap.width, bitmap.height), pen = canvas.getContext('2d', {willReadFrequently: true});
  if (!pen) throw new Error(`${name} has ${bitmap.width} x ${bitmap.height} pixels, which is more than this browser can take`);
  pen.fillStyle = behind;
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(bitmap, 0, 0);
  bitmap.close();
  return pen.getImageData(0, 0, canvas.width, canvas.height);
}
function decodeAddress(address) {  // of a sample: data:image/png;base64,...
  const bytes = fromBase64(address.slice(address.indexOf(',') + 1));
  return decodePicture(new Blob([bytes], {type: 'image/png'}), 'the sample');
}
function fromBase64(text) {
  const binary = atob(text), bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; ++i) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

// ---- samples that the browser draws ----

function drawPage() {
  const canvas = newCanvas(544, 416), pen = canvas.getContext('2d');
  pen.fillStyle = '#fff';
  pen.fillRect(0, 0, 544, 416);
  pen.fillStyle = '#111';
  pen.font = '19px Georgia, "Liberation Serif", serif';
  const lines = ['A page that was left on a desk soon has a history.', 'A cup stood on it, a hand folded it, and light',
    'made one half of it darker than the other half.', '', 'A network that has seen many such pages knows', 'what ink looks like and what a stain looks like.',
    'It was never told the difference. It was given', 'pairs, a spoiled page beside a clean one, and', 'changed its weights until the two agreed.', '',
    'Invoice no. 20418        12 March        £ 1,367.50'];
  lines.forEach((line, i) => pen.fillText(line, 28, 46 + 34 * i));
  return pen.getImageData(0, 0, 544, 416);
}

function drawScene() {
  const width = 480, height = 320, canvas = newCanvas(width, height), pen = canvas.getContext('2d'), random = randomNumbers(3);
  const sky = pen.createLinearGradient(0, 0, 0, height);
  sky.addColorStop(0, '#4d86c4');
  sky.addColorStop(.6, '#e9d3b0');
  pen.fillStyle = sky;
  pen.fillRect(0, 0, width, height);
  pen.fillStyle = '#fff3c8';
  pen.beginPath();
  pen.arc(370, 70, 26, 0, 7);
  pen.fill();
  [['#6f8aa3', 150, 60], ['#4f7058', 190, 45], ['#3c5a3a', 230, 30]].forEach(([colour, base, swing], k) => {
    pen.fillStyle = colour;
    pen.beginPath();
    pen.moveTo(0, height);
    for (let x = 0; x <= width; x += 4)
      pen.lineTo(x, base - swing * Math.sin(x / (70 - 15 * k) + k) * Math.cos(x / 110) + 3 * random());
    pen.lineTo(width, height);
    pen.fill();
  });
  for (let i = 0; i < 7; ++i) {  // houses
    const x = 20 + 66 * i + 20 * random(), y = 236 + 30 * random(), w = 30 + 14 * random();
    pen.fillStyle = ['#d9c3a0', '#c99b7a', '#e6dfd2'][i % 3];
    pen.fillRect(x, y, w, 30);
    pen.fillStyle = '#8c3b2e';
    pen.beginPath();
    pen.moveTo(x - 4, y);
    pen.lineTo(x + w / 2, y - 18);
    pen.lineTo(x + w + 4, y);
    pen.fill();
    pen.fillStyle = '#2f3a45';
    for (let k = 0; k < 3; ++k) pen.fillRect(x + 4 + 10 * k, y + 8, 5, 8);
  }
  for (let i = 0; i < 2600; ++i) {  // grass
    const x = width * random(), y = 275 + 45 * random();
    pen.strokeStyle = `hsl(${80 + 40 * random()} 45% ${20 + 25 * random()}%)`;
    pen.beginPath();
    pen.moveTo(x, y);
    pen.lineTo(x + 4 * random() - 2, y - 5 - 4 * random());
    pen.stroke();
  }
  return pen.getImageData(0, 0, width, height);
}

function drawText(random) {  // 256 x 64, as the depixelizer's pictures
  const canvas = newCanvas(256, 64), pen = canvas.getContext('2d', {willReadFrequently: true});
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
  pen.fillStyle = '#fff';
  pen.fillRect(0, 0, 256, 64);
  pen.fillStyle = '#000';
  pen.font = '16px Roboto, "Liberation Sans", Arial, sans-serif';
  for (let line = 0; line < 3; ++line) {
    let text = '';
    for (let i = 0; i < 26; ++i) text += letters[Math.floor(letters.length * random())];
    pen.fillText(text, 4, 17 + 20 * line);
  }
  return pen.getImageData(0, 0, 256, 64);
}

// ---- damage: each returns a new picture ----

const copyOf = picture => new ImageData(new Uint8ClampedArray(picture.data), picture.width, picture.height);

// As depix::pixelate: every window becomes its mean, of which the fraction is dropped. What does not fill a window is cut
// off, and the rest is stretched to the whole size by nearest neighbours, whose positions are added up as PIL does.
function addPixelation(picture, window) {
  const {width, height, data} = picture, result = new ImageData(width, height);
  const rows = Math.floor(height / window), columns = Math.floor(width / window), sums = new Float64Array(4 * rows * columns);
  const nearest = (inputs, outputs) => {
    const step = inputs / outputs, axis = [];
    for (let i = 0, at = .5 * step; i < outputs; ++i, at += step) axis.push(Math.floor(Math.min(Math.floor(at), inputs - 1) / window));
    return axis;
  };
  for (let y = 0; y < rows * window; ++y)
    for (let x = 0; x < columns * window; ++x)
      for (let c = 0; c < 4; ++c)
        sums[4 * (Math.floor(y / window) * columns + Math.floor(x / window)) + c] += data[4 * (y * width + x) + c];
  const down = nearest(rows * window, height), across = nearest(columns * window, width);
  for (let y = 0; y < height; ++y)
    for (let x = 0; x < width; ++x)
      for (let c = 0; c < 4; ++c)
        result.data[4 * (y * width + x) + c] = Math.floor(sums[4 * (down[y] * columns + across[x]) + c] / (window * window));
  return result;
}

function addNoise(picture, sigma) {
  const result = copyOf(picture), random = randomNumbers(1), data = result.data;
  for (let i = 0; i < data.length; ++i)
    if (i % 4 !== 3) data[i] += sigma * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return result;
}

function addSpecks(picture, share) {  // pixels that become black or white
  const result = copyOf(picture), random = randomNumbers(2);
  for (let i = 0; i < result.data.length; i += 4)
    if (random() < share / 100) result.data.fill(random() < .5 ? 0 : 255, i, i + 3);
  return result;
}

function addStains(picture, share) {
  const canvas = newCanvas(picture.width, picture.height), pen = canvas.getContext('2d'), random = randomNumbers(5);
  pen.putImageData(picture, 0, 0);
  pen.globalCompositeOperation = 'multiply';
  const size = Math.sqrt(picture.width * picture.height);
  const shade = pen.createLinearGradient(0, 0, picture.width, picture.height);
  shade.addColorStop(0, '#fff');
  shade.addColorStop(1, `hsl(40 20% ${100 - share / 3}%)`);
  pen.fillStyle = shade;
  pen.fillRect(0, 0, picture.width, picture.height);
  for (let i = 0; i < 6; ++i) {
    const x = picture.width * random(), y = picture.height * random(), r = size * (.1 + .15 * random());
    const stain = pen.createRadialGradient(x, y, 0, x, y, r), dark = 100 - share * (.3 + .4 * random());
    stain.addColorStop(0, `hsl(30 25% ${(100 + dark) / 2}%)`);
    stain.addColorStop(.85, `hsl(30 30% ${dark + 5}%)`);
    stain.addColorStop(.95, `hsl(28 40% ${dark}%)`);
    stain.addColorStop(1, '#fff');
    pen.fillStyle = stain;
    pen.fillRect(0, 0, picture.width, picture.height);
  }
  return pen.getImageData(0, 0, picture.width, picture.height);
}

function blurLine(from, to, start, stride, count, radius) {  // the mean of 2 radius + 1 pixels; edges are repeated
  const at = i => from[start + stride * Math.min(Math.max(i, 0), count - 1)];
  let sum = 0;
  for (let i = -radius; i <= radius; ++i) sum += at(i);
  for (let i = 0; i < count; ++i) {
    to[start + stride * i] = sum / (2 * radius + 1);
    sum += at(i + radius + 1) - at(i - radius);
  }
}
function addBlur(picture, radius) {  // a box three times, each way: nearly Gaussian
  if (radius === 0) return copyOf(picture);
  const {width, height} = picture;
  let a = Float32Array.from(picture.data), b = new Float32Array(a.length);
  for (let pass = 0; pass < 3; ++pass) {
    for (let y = 0; y < height; ++y) for (let c = 0; c < 4; ++c) blurLine(a, b, 4 * y * width + c, 4, width, radius);
    for (let x = 0; x < width; ++x) for (let c = 0; c < 4; ++c) blurLine(b, a, 4 * x + c, 4 * width, height, radius);
  }
  return new ImageData(Uint8ClampedArray.from(a), width, height);
}

function encodePicture(picture, type, quality) {
  const canvas = newCanvas(picture.width, picture.height);
  canvas.getContext('2d', {alpha: false}).putImageData(picture, 0, 0);
  return new Promise(done => canvas.toBlob(done, type, quality));
}
async function addJpeg(picture, quality) {
  return decodePicture(await encodePicture(picture, 'image/jpeg', quality / 100), 'the JPEG');
}

// Peak signal-to-noise ratio in dB, of bytes.
function psnr(a, b) {
  let sum = 0;
  for (let i = 0; i < a.data.length; ++i) if (i % 4 !== 3) sum += (a.data[i] - b.data[i]) ** 2;
  return 10 * Math.log10(255 * 255 * a.width * a.height * 3 / sum);
}
