//! Volumes, binds, tmpfs, and the secrets and configs that are files on the
//! host. Binds whose source the engine may make go through its older notation,
//! all others through the newer one, where a missing source is an error.

use super::super::ContainerSpec;
use super::super::amounts::Amounts;
use super::EngineError;
use super::body::{pairs, unsupported};
use super::connect::Api;
use super::files;
use bollard::models::{
    Mount, MountBindOptions, MountBindOptionsPropagationEnum, MountImageOptions, MountTmpfsOptions,
    MountType, MountVolumeOptions,
};
use serde_json::Value;
use sinops_compose::{BindOptions, Mount as Declared};
use std::collections::HashMap;

/// Where programs in a container look for the engine.
const API_SOCKET: &str = "/var/run/docker.sock";

/// What is mounted, in the engine's three notations.
#[derive(Debug, Default)]
pub(super) struct Mounts {
    pub(super) binds: Vec<String>,
    pub(super) mounts: Vec<Mount>,
    pub(super) tmpfs: HashMap<String, String>,
}

pub(super) fn mounts(
    spec: &ContainerSpec,
    socket: Option<&str>,
    api: Api,
) -> Result<Mounts, EngineError> {
    let mut all = Mounts::default();
    for text in &spec.service.tmpfs {
        let (path, options) = text.split_once(':').unwrap_or((text, ""));
        all.tmpfs.insert(path.to_owned(), options.to_owned());
    }
    for declared in &spec.service.volumes {
        match declared.kind.as_str() {
            "bind" => bind(spec, declared, api, &mut all)?,
            "volume" => all.mounts.push(volume(spec, declared, api)?),
            "tmpfs" => all.mounts.push(tmpfs(spec, declared)?),
            "image" => all.mounts.push(image(spec, declared, api)?),
            other => {
                return Err(unsupported(
                    spec,
                    &format!("volumes ({}): type {other}", declared.target),
                ));
            }
        }
    }
    if spec.service.use_api_socket {
        let socket = socket.ok_or_else(|| {
            unsupported(
                spec,
                "use_api_socket (the engine is not reached by a socket of this machine)",
            )
        })?;
        tracing::warn!(
            service = spec.service_name,
            "use_api_socket gives the engine's socket, and no credentials of registries"
        );
        all.mounts.push(Mount {
            typ: Some(MountType::BIND),
            source: Some(socket.to_owned()),
            target: Some(API_SOCKET.to_owned()),
            ..Mount::default()
        });
    }
    for folder in files::folders(spec)? {
        let declared = spec.service.volumes.iter().any(|it| it.target == folder);
        if !declared {
            all.mounts.push(Mount {
                typ: Some(MountType::VOLUME),
                target: Some(folder),
                ..Mount::default()
            });
        }
    }
    for (source, target) in files::binds(spec)? {
        all.mounts.push(Mount {
            typ: Some(MountType::BIND),
            source: Some(source),
            target: Some(target),
            read_only: Some(true),
            ..Mount::default()
        });
    }
    Ok(all)
}

fn refused(spec: &ContainerSpec, declared: &Declared, what: &str) -> EngineError {
    unsupported(spec, &format!("volumes ({}): {what}", declared.target))
}

fn mount(declared: &Declared, typ: MountType) -> Mount {
    Mount {
        typ: Some(typ),
        source: declared.source.clone(),
        target: Some(declared.target.clone()),
        read_only: declared.read_only.then_some(true),
        consistency: declared.consistency.clone(),
        ..Mount::default()
    }
}

fn bind(
    spec: &ContainerSpec,
    declared: &Declared,
    api: Api,
    all: &mut Mounts,
) -> Result<(), EngineError> {
    let nothing = BindOptions::default();
    let options = declared.bind.as_ref().unwrap_or(&nothing);
    let source = declared.source.clone().unwrap_or_default();
    let plain =
        options.recursive.is_none() && !source.contains(':') && !declared.target.contains(':');
    // Without options of a bind, compose lets the engine make the source.
    let made = options.create_host_path || declared.bind.is_none();
    if plain && (made || options.selinux.is_some()) {
        if options.selinux.is_some() && !made {
            return Err(refused(
                spec,
                declared,
                "bind.selinux with create_host_path: false",
            ));
        }
        let mut words = vec![if declared.read_only { "ro" } else { "rw" }];
        words.extend(options.selinux.as_deref());
        words.extend(options.propagation.as_deref());
        words.extend(declared.consistency.as_deref());
        all.binds
            .push(format!("{source}:{}:{}", declared.target, words.join(",")));
        return Ok(());
    }
    if options.selinux.is_some() {
        return Err(refused(
            spec,
            declared,
            "bind.selinux with bind.recursive or a `:` in a path",
        ));
    }
    if options.create_host_path && api < Api(42) {
        return Err(refused(
            spec,
            declared,
            "create_host_path with bind.recursive or a `:` in a path (needs API 1.42)",
        ));
    }
    let propagation = options
        .propagation
        .as_deref()
        .map(|text| {
            text.parse::<MountBindOptionsPropagationEnum>()
                .map_err(|_| refused(spec, declared, &format!("bind.propagation: {text}")))
        })
        .transpose()?;
    let mut bind = MountBindOptions {
        propagation,
        create_mountpoint: options.create_host_path.then_some(true),
        ..MountBindOptions::default()
    };
    match options.recursive.as_deref() {
        None | Some("enabled") => {}
        Some("disabled") => bind.non_recursive = Some(true),
        Some("writable") if api >= Api(44) => bind.read_only_non_recursive = Some(true),
        Some("readonly") if api >= Api(44) => bind.read_only_force_recursive = Some(true),
        Some(other) => {
            return Err(refused(spec, declared, &format!("bind.recursive: {other}")));
        }
    }
    all.mounts.push(Mount {
        bind_options: (bind != MountBindOptions::default()).then_some(bind),
        ..mount(declared, MountType::BIND)
    });
    Ok(())
}

fn volume(spec: &ContainerSpec, declared: &Declared, api: Api) -> Result<Mount, EngineError> {
    let name = match &declared.source {
        None => None,
        Some(key) => Some(
            spec.volumes
                .get(key)
                .map(|volume| volume.name.clone())
                .ok_or_else(|| EngineError::NotFound {
                    what: format!(
                        "the declaration of volume `{key}`, which service {} uses,",
                        spec.service_name
                    ),
                })?,
        ),
    };
    let options = declared.volume.clone().unwrap_or_default();
    if options.subpath.is_some() && api < Api(45) {
        return Err(refused(spec, declared, "volume.subpath (needs API 1.45)"));
    }
    let options = MountVolumeOptions {
        no_copy: options.nocopy.then_some(true),
        labels: (!options.labels.is_empty()).then(|| pairs(&options.labels)),
        subpath: options.subpath,
        driver_config: None,
    };
    Ok(Mount {
        source: name,
        volume_options: (options != MountVolumeOptions::default()).then_some(options),
        ..mount(declared, MountType::VOLUME)
    })
}

fn tmpfs(spec: &ContainerSpec, declared: &Declared) -> Result<Mount, EngineError> {
    let mut options = MountTmpfsOptions::default();
    if let Some(Value::Object(parts)) = &declared.tmpfs {
        for (key, value) in parts {
            let wrong = || refused(spec, declared, &format!("tmpfs.{key}: `{value}`"));
            match (key.as_str(), value) {
                ("size", Value::String(text)) => {
                    options.size_bytes = Some(Amounts::of(spec).bytes("volumes.tmpfs.size", text)?);
                }
                ("size", number) => options.size_bytes = Some(number.as_i64().ok_or_else(wrong)?),
                ("mode", Value::String(text)) => {
                    options.mode = Some(i64::from_str_radix(text, 8).map_err(|_| wrong())?);
                }
                ("mode", number) => options.mode = Some(number.as_i64().ok_or_else(wrong)?),
                _ => return Err(wrong()),
            }
        }
    }
    Ok(Mount {
        source: None,
        tmpfs_options: (options != MountTmpfsOptions::default()).then_some(options),
        ..mount(declared, MountType::TMPFS)
    })
}

fn image(spec: &ContainerSpec, declared: &Declared, api: Api) -> Result<Mount, EngineError> {
    if api < Api(48) {
        return Err(refused(spec, declared, "type image (needs API 1.48)"));
    }
    let subpath = declared
        .image
        .as_ref()
        .and_then(|options| options.get("subpath"))
        .and_then(Value::as_str)
        .map(str::to_owned);
    Ok(Mount {
        image_options: subpath.map(|subpath| MountImageOptions {
            subpath: Some(subpath),
        }),
        ..mount(declared, MountType::IMAGE)
    })
}
