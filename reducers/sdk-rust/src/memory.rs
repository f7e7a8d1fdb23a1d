//! Memory of a module: every call begins with a fresh one, so nothing is ever freed.

use alloc::vec::Vec;
use core::mem::ManuallyDrop;

/// The input of a call.
///
/// # Safety
/// `pointer` and `length` are what the caller wrote to.
pub unsafe fn take_input<'a>(pointer: *const u8, length: usize) -> &'a [u8] {
    core::slice::from_raw_parts(pointer, length)
}

/// Leaves the output where the caller finds it.
///
/// # Safety
/// `target` has room for two words.
pub unsafe fn give(target: *mut [usize; 2], output: Vec<u8>) {
    let output = ManuallyDrop::new(output);
    *target = [output.as_ptr() as usize, output.len()];
}

#[cfg(all(target_arch = "wasm32", feature = "runtime"))]
mod wasm {
    use core::alloc::{GlobalAlloc, Layout};
    use core::arch::wasm32;
    use core::cell::UnsafeCell;

    const PAGE: usize = 65536;

    /// Hands out memory upwards from the end of the data.
    struct Bump(UnsafeCell<usize>);

    // SAFETY: a module is one thread.
    unsafe impl Sync for Bump {}

    #[global_allocator]
    static BUMP: Bump = Bump(UnsafeCell::new(0));

    extern "C" {
        static __heap_base: u8;
    }

    // SAFETY: what was handed out once is never handed out again.
    unsafe impl GlobalAlloc for Bump {
        unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
            let next = &mut *self.0.get();
            let from = if *next == 0 {
                core::ptr::addr_of!(__heap_base) as usize
            } else {
                *next
            };
            let start = (from + layout.align() - 1) & !(layout.align() - 1);
            let end = match start.checked_add(layout.size()) {
                Some(end) => end,
                None => return core::ptr::null_mut(),
            };
            let held = wasm32::memory_size::<0>() * PAGE;
            if end > held && wasm32::memory_grow::<0>((end - held).div_ceil(PAGE)) == usize::MAX {
                return core::ptr::null_mut();
            }
            *next = end;
            start as *mut u8
        }

        unsafe fn dealloc(&self, _pointer: *mut u8, _layout: Layout) {}
    }

    #[panic_handler]
    fn panic(_: &core::panic::PanicInfo) -> ! {
        wasm32::unreachable()
    }
}
