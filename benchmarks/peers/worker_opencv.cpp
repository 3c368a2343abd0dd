// OpenCV's dnn module in the race, on the ONNX file. See worker.hpp.
#include <array>
#include <opencv2/core.hpp>
#include <opencv2/dnn.hpp>
#include <stdexcept>
#include <vector>

#include "worker.hpp"

int main(int count, char** arguments) {
    return peers::run(count, arguments, [](const peers::Job& job) {
        if (job.training) throw std::runtime_error("OpenCV does not train");
        cv::setNumThreads(job.threads);
        cv::dnn::Net network = cv::dnn::readNetFromONNX(job.path + ".onnx");
        std::vector<float> image = peers::read_floats(job.path + ".input.f32");
        const std::array<int, 4> extent{job.batch, job.channels, job.height, job.width};
        const cv::Mat input(4, extent.data(), CV_32F, image.data());
        cv::Mat output;
        const auto step = [&] {
            network.setInput(input);
            output = network.forward();
        };
        step();
        const float* first = output.ptr<float>();
        const std::vector<float> restored(first, first + output.total());
        const double error = peers::largest_difference(restored, peers::read_floats(job.path + ".output.f32"));
        peers::announce(peers::error_fact(error, CV_VERSION));
        peers::serve(step);
    });
}
