//! What surrounds a process: arguments, environment, clock, randomness, exit.

use wasmtime::{Linker, Result};

use super::{Boot, BootWorld, CLOCK_NS, Guest, MODULE, SUCCESS};

pub(super) fn add_to_linker(linker: &mut Linker<BootWorld>) -> Result<()> {
    linker.func_wrap(MODULE, "args_sizes_get", |boot: Boot<'_>, count: i32, size: i32| {
        let mut guest = Guest::new(boot)?;
        guest.put_size(count, 0)?;
        guest.put_size(size, 0)?;
        Ok(SUCCESS)
    })?;
    linker.func_wrap(MODULE, "args_get", |_: Boot<'_>, _: i32, _: i32| SUCCESS)?;
    linker.func_wrap(MODULE, "environ_sizes_get", |boot: Boot<'_>, count: i32, size: i32| {
        let mut guest = Guest::new(boot)?;
        let environ = &guest.world().environ;
        let (number, bytes) = (environ.len(), environ.iter().map(|entry| entry.len() + 1).sum());
        guest.put_size(count, number)?;
        guest.put_size(size, bytes)?;
        Ok(SUCCESS)
    })?;
    linker.func_wrap(MODULE, "environ_get", |boot: Boot<'_>, pointers: i32, texts: i32| {
        let mut guest = Guest::new(boot)?;
        let mut text = texts;
        for (index, entry) in (0..).zip(guest.world().environ.clone()) {
            guest.put(pointers + index * 4, &text.to_le_bytes())?;
            guest.put(text, format!("{entry}\0").as_bytes())?;
            text += i32::try_from(entry.len())? + 1;
        }
        Ok(SUCCESS)
    })?;
    linker.func_wrap(MODULE, "clock_time_get", |boot: Boot<'_>, _: i32, _: i64, time: i32| {
        Guest::new(boot)?.put(time, &CLOCK_NS.to_le_bytes())?;
        Ok(SUCCESS)
    })?;
    linker.func_wrap(MODULE, "clock_res_get", |boot: Boot<'_>, _: i32, resolution: i32| {
        Guest::new(boot)?.put(resolution, &1_000_000_u64.to_le_bytes())?;
        Ok(SUCCESS)
    })?;
    linker.func_wrap(MODULE, "random_get", |boot: Boot<'_>, at: i32, len: i32| {
        let mut guest = Guest::new(boot)?;
        let bytes: Vec<u8> = (0..len).map(|_| guest.world().next_random()).collect();
        guest.put(at, &bytes)?;
        Ok(SUCCESS)
    })?;
    linker.func_wrap(MODULE, "proc_exit", |mut boot: Boot<'_>, status: i32| -> Result<()> {
        boot.data_mut().exit_status = Some(status);
        wasmtime::bail!("the interpreter exited with status {status}")
    })?;
    Ok(())
}
