// Painting over what is missing, for the models of depix serve that fill holes. The canvas `mask` lies on the picture and
// has its pixels; the model fills those that are painted.
const paint = {original: null, x: 0, y: 0};  // the picture that was painted on, and where the brush is
const maskPen = $('mask').getContext('2d', {willReadFrequently: true});
const pressRestore = 'Paint over what is to be filled, then press Restore';

function showPaint() {
  const isNeeded = Boolean(task().takesMask);
  for (const id of ['paint', 'paint-hint', 'mask', 'brush']) $(id).hidden = !isNeeded;
  if (!isNeeded || paint.original === state.original) return;
  const {width, height} = paint.original = state.original, longest = Math.max(width, height);
  Object.assign($('mask'), {width, height});  // which also clears it
  $('brush-size').max = Math.ceil(longest / 5);
  $('brush-size').value = Math.ceil(longest / 30);
  $('mask-file').value = '';
  moveBrush(width / 2, height / 2);
}

// White where at least half of a pixel is painted, else black. Null if nothing is painted.
function paintedMask() {
  const {width, height} = $('mask'), mask = maskPen.getImageData(0, 0, width, height);
  const pixels = new Uint32Array(mask.data.buffer), isPainted = pixel => pixel >>> 24 >= 128;
  if (!pixels.some(isPainted)) return null;
  for (let i = 0; i < pixels.length; ++i) pixels[i] = isPainted(pixels[i]) ? 0xFFFFFFFF : 0xFF000000;
  return mask;
}

// What was restored had another mask.
function dropResult() {
  if (!state.restored && !isRestoring()) return;
  restorer.stop();
  state.restored = null;
  showPair();
}
function changeMask() {
  dropResult();
  forgetRestored();
  say(pressRestore);
}

function moveBrush(x, y, draws = false) {
  const {width, height} = $('mask'), size = Number($('brush-size').value);
  [x, y] = [Math.min(Math.max(x, 0), width), Math.min(Math.max(y, 0), height)];
  if (draws) {
    const erases = $('erase').checked;  // a little more, because edges are soft
    Object.assign(maskPen, {globalCompositeOperation: erases ? 'destination-out' : 'source-over', strokeStyle: '#f0f',
                            lineCap: 'round', lineWidth: erases ? size + 2 : size});
    maskPen.beginPath();
    maskPen.moveTo(paint.x, paint.y);
    maskPen.lineTo(x + .01, y);  // a line of no length would not be drawn
    maskPen.stroke();
  }
  Object.assign(paint, {x, y});
  Object.assign($('brush').style, {left: 100 * x / width + '%', top: 100 * y / height + '%', width: 100 * size / width + '%'});
}

function positionOf(event) {
  const box = $('mask').getBoundingClientRect();
  return [(event.clientX - box.left) / box.width * $('mask').width, (event.clientY - box.top) / box.height * $('mask').height];
}
$('mask').onpointerdown = event => {
  if (!event.isPrimary || event.button !== 0) return;
  $('mask').setPointerCapture(event.pointerId);
  dropResult();  // the rest of changeMask could move the picture while one paints
  moveBrush(...positionOf(event));
  moveBrush(...positionOf(event), true);
};
$('mask').onpointermove = event => {
  if (event.isPrimary) moveBrush(...positionOf(event), $('mask').hasPointerCapture(event.pointerId));
};
$('mask').onlostpointercapture = changeMask;
$('mask').onkeydown = event => {
  const steps = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1], ' ': [0, 0]};
  if (!(event.key in steps) || event.ctrlKey || event.altKey || event.metaKey) return;
  event.preventDefault();
  const draws = event.key === ' ' || event.shiftKey, length = Math.max(1, $('brush-size').value / 2);
  if (draws) changeMask();
  moveBrush(paint.x + length * steps[event.key][0], paint.y + length * steps[event.key][1], draws);
  $('brush').scrollIntoView({block: 'nearest', inline: 'nearest'});
};
$('brush-size').oninput = () => moveBrush(paint.x, paint.y);
$('clear').onclick = () => {
  maskPen.clearRect(0, 0, $('mask').width, $('mask').height);
  $('mask-file').value = '';
  changeMask();
};

// A file takes the place of what was painted. It is bright where the tool says so (mask.hpp).
$('mask-file').onchange = safely(async event => {
  const file = event.target.files[0];
  if (!file) return;
  const picture = await decodePicture(file, file.name, 'black'), {width, height} = $('mask');
  if (picture.width !== width || picture.height !== height)
    throw new Error(`${file.name} has ${picture.width} x ${picture.height} pixels, and the picture ${width} x ${height}`);
  const {data} = picture;
  for (let i = 0; i < data.length; i += 4)
    data.set(.299 * data[i] + .587 * data[i + 1] + .114 * data[i + 2] > 255 / 8 ? [255, 0, 255, 255] : [0, 0, 0, 0], i);
  maskPen.putImageData(picture, 0, 0);
  changeMask();
});
