// onnx_runtime.js MODULES FOLDER: ONNX Runtime, of the Node modules in MODULES, gives the outputs that depix gave in double.
const fs = require("fs");
const path = require("path");
const [modules, folder] = process.argv.slice(2);
const ort = require(path.join(modules, "onnxruntime-node"));

const floats = (file) => new Float32Array(new Uint8Array(fs.readFileSync(file)).buffer);

async function check(name) {
    const file = (end) => path.join(folder, name + end);
    const numbers = fs.readFileSync(file(".numbers"), "utf8").trim().split(" ").map(Number);
    const [shape, error] = [numbers.slice(0, 4), numbers[4] * 1e-9];
    const session = await ort.InferenceSession.create(file(".onnx"), { logSeverityLevel: 3 });
    const feeds = { input: new ort.Tensor("float32", floats(file(".input")), shape) };
    const result = (await session.run(feeds)).output.data;
    const wanted = floats(file(".output"));
    let difference = 0, largest = 0;
    for (let i = 0; i < wanted.length; ++i) {
        difference = Math.max(difference, Math.abs(result[i] - wanted[i]));
        largest = Math.max(largest, Math.abs(wanted[i]));
    }
    // 4 times depix's own rounding error, for another order of summation; that error may be small by luck.
    const good = result.length === wanted.length && difference <= Math.max(4 * error, 1e-6 * largest);
    console.log(`${name}: ${wanted.length} values, difference ${difference.toExponential(1)}, ` +
                `depix's in float ${error.toExponential(1)}${good ? "" : " FAILED"}`);
    return good;
}

(async () => {
    let good = true;
    for (const file of fs.readdirSync(folder).filter((file) => file.endsWith(".onnx")))
        good = (await check(path.basename(file, ".onnx"))) && good;
    process.exit(good ? 0 : 1);
})();
