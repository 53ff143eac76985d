//! The system's allocator, counting by thread.
#![allow(unsafe_code, reason = "an allocator cannot be written without")]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
    io,
    sync::atomic::{AtomicU64, Ordering},
};

/// One place per thread, by its number in the system. Two threads may share one: the test has far fewer.
static COUNTS: [AtomicU64; 4096] = [const { AtomicU64::new(0) }; 4096];

thread_local! {
    static NUMBER: Cell<u32> = const { Cell::new(0) };
}

/// Counts what every thread asks for.
pub(crate) struct Counting;

fn place(thread: u32) -> &'static AtomicU64 {
    &COUNTS[thread as usize % COUNTS.len()]
}

fn count() {
    // A thread that ends has no cell any more, and is nobody's worker.
    let _ = NUMBER.try_with(|number| {
        if number.get() == 0 {
            // SAFETY: takes no arguments and cannot fail.
            number.set(unsafe { libc::gettid() }.unsigned_abs());
        }
        place(number.get()).fetch_add(1, Ordering::Relaxed);
    });
}

// SAFETY: every call goes to the system's allocator as it is; counting allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's promise.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: the caller's promise.
        unsafe { System.realloc(pointer, layout, size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// How often the thread has asked for memory.
pub(crate) fn allocations_of(thread: u32) -> u64 {
    place(thread).load(Ordering::Relaxed)
}

/// The number of this process's thread of that name.
pub(crate) fn thread(name: &str) -> io::Result<Option<u32>> {
    for task in std::fs::read_dir("/proc/self/task")? {
        let task = task?;
        if std::fs::read_to_string(task.path().join("comm"))?.trim() == name {
            return Ok(task.file_name().to_string_lossy().parse().ok());
        }
    }
    Ok(None)
}
