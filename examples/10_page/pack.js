// Makes the page's folder of its parts: pack.js SOURCE OUT SAMPLES. Bytes travel as base64 in scripts, because a page
// that was opened as a file may read other files in no other way.
const fs = require('fs'), path = require('path'), zlib = require('zlib');
const [source, out, samples] = process.argv.slice(2);
const parts = path.join(out, 'parts');

const base64 = file => fs.readFileSync(file).toString('base64');
const write = (name, value) =>
  fs.writeFileSync(path.join(out, name + '.js'), `depixParts[${JSON.stringify(name)}]=${JSON.stringify(value)};\n`);

// Browsers that have SIMD nearly all unpack gzip, too; for the others there is the scalar engine as it is.
write('engine-simd', zlib.gzipSync(fs.readFileSync(path.join(parts, 'simd.wasm')), {level: 9}).toString('base64'));
write('engine-scalar', base64(path.join(parts, 'scalar.wasm')));
for (const file of fs.readdirSync(parts).filter(name => name.endsWith('.f16')))
  write('weights-' + path.basename(file, '.f16'), base64(path.join(parts, file)));
write('samples', fs.readdirSync(samples).filter(name => name.endsWith('.png')).sort()
  .map(name => 'data:image/png;base64,' + base64(path.join(samples, name))));

const scripts = ['worker.js', 'pictures.js', 'page.js', 'restore.js', 'open.js', 'train.js'];
fs.writeFileSync(path.join(out, 'page.js'), scripts.map(name => fs.readFileSync(path.join(source, name), 'utf8')).join('\n'));
for (const [from, to] of [['page.html', 'index.html'], ['page.css', 'page.css']])
  fs.copyFileSync(path.join(source, from), path.join(out, to));
