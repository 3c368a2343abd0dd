// The loss curves of an adversarial run, as an SVG picture.
#pragma once

#include <string>

#include "depix/train/adversarial_checkpoint.hpp"
#include "depix/train/loss_curve.hpp"

namespace depix {

/// The four losses of an adversarial run over the epochs, without their weights, as SVG 1.1: the discriminator's on
/// real pictures and on the generator's, and the generator's content loss and adversarial loss. No epoch is marked as
/// the best, because none of these losses measures quality.
inline std::string adversarial_loss_curve_svg(const AdversarialHistory& history, const LossCurveOptions& options = {}) {
    using Record = AdversarialRecord;
    return detail::curves_svg(
        {detail::curve_of(history, &Record::discriminator_real, "discriminator, real", "#2a6fbb"),
         detail::curve_of(history, &Record::discriminator_fake, "discriminator, generated", "#5fb0c9"),
         detail::curve_of(history, &Record::content, "content", "#d9662b"),
         detail::curve_of(history, &Record::adversarial, "adversarial", "#7a4fa3")},
        history.empty() ? 1 : history.back().epoch, {}, options);
}

}  // namespace depix
