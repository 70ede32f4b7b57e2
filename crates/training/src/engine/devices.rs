//! From a device's name to the engine that computes there.

#[cfg(any(feature = "tch", feature = "cuda"))]
use burn::tensor::{DType, Device as Burn};

#[cfg(any(feature = "tch", feature = "cuda"))]
use super::Autodiff;
use super::{Cohort, Engine};
use crate::networks::Network;
use crate::{Device, TrainError};

/// All workers in one pass.
#[cfg(any(feature = "tch", feature = "cuda"))]
const AT_ONCE: usize = usize::MAX;

/// The CPU has its own engine; other devices compute through burn.
pub(crate) fn engine(device: Device, network: Network) -> Result<Box<dyn Engine>, TrainError> {
    match device {
        Device::Flex => Ok(Box::new(Cohort::new(&network))),
        #[cfg(feature = "tch")]
        Device::LibTorch => Ok(Box::new(Autodiff::new(
            network,
            Burn::libtorch(),
            DType::F32,
            AT_ONCE,
        ))),
        #[cfg(feature = "cuda")]
        Device::Cuda(index) => Ok(Box::new(Autodiff::new(
            network,
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

impl Device {
    /// Whether this program was built with the device.
    ///
    /// # Errors
    /// [`TrainError::DeviceNotBuilt`] if not.
    pub fn check(self) -> Result<(), TrainError> {
        match self {
            Self::LibTorch if cfg!(not(feature = "tch")) => {
                Err(TrainError::DeviceNotBuilt(self, "tch"))
            }
            Self::Cuda(_) if cfg!(not(feature = "cuda")) => {
                Err(TrainError::DeviceNotBuilt(self, "cuda"))
            }
            Self::Flex | Self::LibTorch | Self::Cuda(_) => Ok(()),
        }
    }
}
