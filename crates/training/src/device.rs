//! From a device's name to the engine that computes there.

#[cfg(any(feature = "tch", feature = "cuda"))]
use crate::autodiff::Autodiff;
use crate::cohort::Cohort;
use crate::engine::Engine;
use crate::model::Model;
use crate::{Device, TrainError};
#[cfg(any(feature = "tch", feature = "cuda"))]
use burn::tensor::{DType, Device as Burn};

/// All workers in one pass.
#[cfg(any(feature = "tch", feature = "cuda"))]
const AT_ONCE: usize = usize::MAX;

/// The CPU has its own engine; other devices compute through burn.
pub(crate) fn engine(device: Device, model: Model) -> Result<Box<dyn Engine>, TrainError> {
    match device {
        Device::Flex => Ok(Box::new(Cohort::new(&model))),
        #[cfg(feature = "tch")]
        Device::LibTorch => Ok(Box::new(Autodiff::new(
            model,
            Burn::libtorch(),
            DType::F32,
            AT_ONCE,
        ))),
        #[cfg(feature = "cuda")]
        Device::Cuda(index) => Ok(Box::new(Autodiff::new(
            model,
            Burn::cuda(index),
            DType::F32,
            AT_ONCE,
        ))),
        #[cfg(not(feature = "tch"))]
        Device::LibTorch => Err(TrainError::DeviceNotBuilt(device, "tch")),
        #[cfg(not(feature = "cuda"))]
        Device::Cuda(_) => Err(TrainError::DeviceNotBuilt(device, "cuda")),
    }
}
