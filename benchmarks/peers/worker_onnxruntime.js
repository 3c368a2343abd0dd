// node worker_onnxruntime.js FOLDER NETWORK SHAPE THREADS restore: ONNX Runtime in the race, by the protocol of
// worker.hpp. FOLDER/onnxruntime is where npm has put onnxruntime-node.
const fs = require('fs');
const path = require('path');
const readline = require('readline');

const [folder, network, shape, threads] = process.argv.slice(2);
const runtime = require(require.resolve('onnxruntime-node', { paths: [path.join(folder, 'onnxruntime')] }));

function readFloats(suffix) {
  const bytes = fs.readFileSync(path.join(folder, network + suffix));
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

// For another size or a NaN a number that JSON can say, and that is too large to pass.
function largestDifference(a, b) {
  let largest = 0;
  for (let i = 0; i < b.length; ++i) {
    const difference = Math.abs(a[i] - b[i]);
    if (!Number.isFinite(difference)) return Number.MAX_VALUE;
    largest = Math.max(largest, difference);
  }
  return a.length === b.length ? largest : Number.MAX_VALUE;
}

async function main() {
  const session = await runtime.InferenceSession.create(path.join(folder, network + '.onnx'), {
    executionProviders: ['cpu'],
    intraOpNumThreads: Number(threads),
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
  });
  const input = new runtime.Tensor('float32', readFloats('.input.f32'), shape.split('x').map(Number));
  const { output } = await session.run({ input });
  const error = largestDifference(output.data, readFloats('.output.f32'));
  console.log('ready ' + JSON.stringify({ error, version: runtime.env.versions.node }));
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const times = [];
    for (let i = 0; i < Number(line); ++i) {
      const start = process.hrtime.bigint();
      await session.run({ input }, { output });  // into memory that is there, as depix does
      times.push(Number(process.hrtime.bigint() - start) / 1e6);
    }
    console.log(JSON.stringify(times));
  }
}

main();
