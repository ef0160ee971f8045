//! Shares and limits of block devices.

use super::super::ContainerSpec;
use super::super::amounts::Amounts;
use super::EngineError;
use bollard::models::{HostConfig, ResourcesBlkioWeightDevice, ThrottleDevice};
use sinops_compose::ThrottleDevice as Declared;

pub(super) fn apply(spec: &ContainerSpec, host: &mut HostConfig) -> Result<(), EngineError> {
    let Some(config) = &spec.service.blkio_config else {
        return Ok(());
    };
    let throttles = |name: &str, declared: &[Declared]| {
        let each = declared.iter().map(|device| {
            let rate = Amounts::of(spec).bytes(&format!("blkio_config.{name}"), &device.rate)?;
            Ok(ThrottleDevice {
                path: Some(device.path.clone()),
                rate: Some(rate),
            })
        });
        let all: Vec<ThrottleDevice> = each.collect::<Result<_, EngineError>>()?;
        Ok((!all.is_empty()).then_some(all))
    };
    host.blkio_weight = config.weight;
    let weights = config.weight_device.iter();
    let weights: Vec<ResourcesBlkioWeightDevice> = weights
        .map(|device| ResourcesBlkioWeightDevice {
            path: Some(device.path.clone()),
            weight: Some(usize::from(device.weight)),
        })
        .collect();
    host.blkio_weight_device = (!weights.is_empty()).then_some(weights);
    host.blkio_device_read_bps = throttles("device_read_bps", &config.device_read_bps)?;
    host.blkio_device_write_bps = throttles("device_write_bps", &config.device_write_bps)?;
    host.blkio_device_read_iops = throttles("device_read_iops", &config.device_read_iops)?;
    host.blkio_device_write_iops = throttles("device_write_iops", &config.device_write_iops)?;
    Ok(())
}
