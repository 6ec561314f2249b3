"""Stack traces: the frames that a kernel prints, in all architectures' forms, and which of them is at fault."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from .line import Line
from .report import Frame, Place

SYMBOL = r"([A-Za-z_.$][\w.$]{0,255})\+0x([0-9a-f]{1,8})/0x([0-9a-f]{1,8})(?: \[([\w-]{1,64})[^\]]{0,64}\])?"
_FRAME = re.compile(
    r"(?:<[A-Z#]{2,8}> {1,2})?(?:\[? {0,2}<[0-9a-f]{8,16}>\]? |\[c?[0-9a-f]{8,16}\] \[[0-9a-f]{8,16}\] |#\d+ \[[0-9a-f]+\] |\([<\[0-9a-f>\]]*\) )?"
    r"(\? )?(?:\([^)]{0,16}\) )?(?:\[?<[0-9a-f]{8,16}>\]? ?(\? )?)?(?:[A-Za-z ]{0,24}\(?)?" + SYMBOL
)
_PLACE = re.compile(SYMBOL)
_SECTION = re.compile(r"</?(IRQ|NMI|TASK|EOE|SOFTIRQ|#DF|#MC|#DB|ENTRY_TRAMPOLINE|SYSENTER)>")
_START = re.compile(
    r"(?:\[.{0,40}\] )?(?:Call Trace|Backtrace|Stack traceback|Call trace)s?\b|^stack backtrace:|Trace:$"
)
_REGISTER = re.compile(
    r"(?:RIP|EIP)(?: is at|:)(?: [0-9a-f]{4}:)?(?:\[<[0-9a-f]+>\] *)*(?:\[<[0-9a-f]+>\] *)?|IP: ?\[?<?[0-9a-f]*>?\]? ?"
    r"|p[cs] : |PC is at |pc : |epc : |NIP \[[0-9a-f]+\] |Krnl PSW : [0-9a-f ]+\(|LR is at |PC: "
)

# What stands between a fault and its cause, by where it comes from in the kernel.
COMMON = re.compile(
    r"(?:__)?(?:dump_stack(?:_lvl)?|show_stack|show_trace\w*|panic|nmi_panic|__stack_chk_fail|die|oops_\w+|no_context|bad_area\w*"
    r"|(?:do_|exc_|asm_exc_|trace_|async_)*page_fault|do_error_trap|do_trap\w*|do_kern_addr_fault|do_user_addr_fault|fixup_\w+"
    r"|(?:do_|exc_|asm_exc_)(?:general_protection|invalid_op|divide_error|int3|debug|stack_segment|machine_check|double_fault|nmi)\w*"
    r"|general_protection|invalid_op|divide_error|double_fault|machine_check|error_entry|end_repeat_nmi|nmi|kernelmode_fixup_or_oops"
    r"|page_fault_oops|handle_page_fault|__bad_area_nosemaphore|spurious_\w+|(?:__)?die_kernel_fault|do_translation_fault|do_mem_abort"
    r"|el1\w*|el0\w*|ret_from_\w+|kthread|kthread_should_stop|vectors|__irq_svc|__dabt_svc|__und_svc|handle_exception|do_DataAbort"
    # reporters
    r"|(?:__)?(?:kasan|kmsan|kcsan|kfence|ubsan)_\w+|kasan_\w+|print_(?:address_\w+|report|bad_\w+|trailer|usage_bug|circular_bug\w*|deadlock_bug|irq\w*_bug|unlock_imbalance_bug|lock\w*)"
    r"|__asan_\w+|__msan_\w+|__tsan_\w+|__ubsan_\w+|__kasan_\w+|check_memory_region|check_region_inline|end_report|describe_\w+|object_err|slab_err|slab_pad_check|check_slab|object_is_on_stack"
    r"|report_(?:bug|cfi\w*)|__?warn(?:_\w+)?|warn_(?:slowpath|alloc)\w*|(?:__)?warn_printk|handle_bug|__report_bug|ubsan_epilogue|handle_overflow|val_to_string"
    r"|lockdep_\w+|(?:__)?lock_(?:acquire|release)\w*|__lock_acquire|validate_chain|check_\w*(?:deadlock|prev\w*|noncircular|usage|irq_usage|wait_context|unlock)\w*|mark_lock\w*|mark_(?:held|usage)\w*|register_lock_class|valid_state|debug_check_no_\w+|debug_(?:print_object|object_\w+|mutex_\w+|spin_\w+)|__debug_\w+|rcu_lockdep\w*|debug_lockdep\w*"
    r"|___?might_(?:sleep|resched|fault)|__might_\w+|__schedule_bug|schedule_debug|preempt_schedule\w*|check_preemption_disabled|__this_cpu_preempt_check|debug_smp_processor_id"
    # memory, strings, lists, counters: they are handed the bad pointer
    r"|mem(?:cpy|set|move|cmp|chr|scan)\w*|str(?:n?len|n?cpy|n?cmp|l?cpy|scpy|chr|rchr|str|lcat|case\w*|ncasecmp)\w*|copy_(?:from|to)_\w+|_copy_(?:from|to)_\w+|__copy_\w+|csum_partial\w*|clear_(?:user|page)\w*|rep_\w+"
    r"|__?list_(?:add|del|lru)\w*|list_(?:add|del)\w*|hlist_\w+|__rb_\w+|rb_(?:insert|erase|next|first)\w*|refcount_\w+|kref_\w+|kobject_(?:get|put)|kset_\w+"
    r"|atomic\w*|arch_atomic\w*|instrument_\w+|test_bit|set_bit|clear_bit|find_(?:first|next)_\w*bit|(?:__)?_?(?:read|write)_once\w*|bitmap_\w+"
    # allocators
    r"|k[zvm]?m?alloc\w*|__k[mz]alloc\w*|kfree\w*|__kfree\w*|kvfree\w*|vfree\w*|v[mz]alloc\w*|kmem_cache_\w+|slab_\w+|___?slab_\w+|__slab_\w+|cache_\w*(?:free|alloc)\w*|free_(?:debug_processing|block|pages?\w*)|__free_\w+|(?:__)?alloc_(?:pages?\w*|slab\w*)|set_track\w*|save_stack\w*|stack_trace_\w+|(?:__)?kasan\w*|do_slab_free|qlist_\w+|quarantine_\w+|kmemdup\w*|krealloc\w*|kstrdup\w*|vfree_\w+"
    # locks and their slow paths
    r"|(?:do_|_)?_?raw_(?:spin|read|write)_\w+|(?:queued|native_queued|pv_queued|__pv_queued)_\w*(?:spin|read|write)\w*|native_queued_spin_lock_slowpath|spin_(?:lock|unlock|bug|dump)\w*|mutex_\w+|__mutex_\w+|__?ww_mutex\w*|rwsem_\w+|down(?:_\w+)?|__down\w*|up(?:_\w+)?|__up\w*|(?:__)?percpu_(?:down|up|rwsem)\w*|rt_mutex\w*|osq_lock|debug_spin\w*|lock_sock_nested|do_raw_\w+|__rt_mutex\w*"
    # scheduler and waits
    r"|(?:__)?schedule(?:_\w+)?|io_schedule\w*|context_switch|wait_(?:for_\w+|on_\w+|event\w*|woken)|__wait_\w+|do_wait_\w+|bit_wait\w*|out_of_line_wait\w*|prepare_to_wait\w*|synchronize_\w+|(?:__)?wait_rcu\w*|rcu_barrier\w*|io_wait\w*|folio_wait\w*|flush_(?:work|workqueue|delayed)\w*|__flush_(?:work|workqueue)\w*|__cancel_work\w*|cancel_(?:delayed_)?work_sync|drain_workqueue|usleep_range\w*|msleep\w*|schedule_hrtimeout\w*"
    # interrupts, timers, stall reporters
    r"|(?:sysvec|asm_sysvec|__sysvec|smp|common|do|asm_common|ret_from|irq)_\w*(?:interrupt|irq|timer|ipi|apic)\w*|apic_timer_interrupt|reschedule_interrupt|irq_exit\w*|__?irq_\w+|invoke_softirq|(?:__)?do_softirq\w*|handle_softirqs|run_(?:timer_)?softirq\w*|hrtimer_\w+|__hrtimer\w*|__run_(?:timers|hrtimer)\w*|tick_\w+|update_process_times|local_apic\w*|rcu_(?:sched_clock_irq|check_\w+|pending|dump_\w+|core\w*|do_batch|gp_\w+|note_\w+)|print_(?:other_)?cpu_stall\w*|check_cpu_stall|watchdog\w*|check_hung\w*|(?:arch_)?trigger_\w*backtrace\w*|nmi_(?:cpu_)?\w*backtrace\w*|lapic_\w+|smp_call_function\w*|on_each_cpu\w*|csd_lock\w*|generic_exec_single|flush_tlb\w*|native_flush\w*|arch_send\w*|perf_\w*nmi\w*|__perf_event_\w*overflow\w*|perf_event_overflow\w*|intel_pmu_handle\w*|default_do_nmi|handle_nmi\w*|nmi_handle|softlockup_fn|cpu_stopper_thread|multi_cpu_stop"
    # entry
    r"|entry_\w+|(?:asm_|do_|x64_|__x64_|ia32_|__ia32_)sys(?:call|enter|vec)?_?(?:64|32|call\w*)?|do_syscall\w*|__do_(?:fast_)?syscall\w*|syscall_\w+|system_call\w*|sysenter\w*|tracesys\w*|call_softirq\w*|stack_(?:trace|depot)\w*|start_secondary|secondary_startup\w*|cpu_startup_entry|do_idle|default_idle\w*|arch_cpu_idle|mwait_idle\w*|native_safe_halt|cpuidle_\w+|acpi_\w*idle\w*|rest_init|start_kernel|x86_64_start\w*"
    # tracing wrappers
    r"|trace_\w+|ftrace_\w+|__?kcov\w*|__sanitizer\w*|__fortify_panic|fortify_panic|usercopy_abort|__check_(?:object|heap_object)\w*|check_(?:heap_object|stack_object|kernel_text)\w*|report_usercopy"
    r")(?:\.(?:isra|constprop|part|cold|llvm)[.\w]*)*$"
)
_SUFFIX = re.compile(r"(?:\.(?:isra|constprop|part|cold|llvm|lto_priv)(?:\.\d+)?)+$|\.\d+$")
MOST = 256
"""Frames that are kept."""


def place(text: str) -> Place | None:
    """Return the first place in the kernel's text that a line names."""
    found = _PLACE.search(text)
    return None if found is None else Place(found[1], int(found[2], 16), int(found[3], 16), found[4])


def instruction(lines: Iterable[Line]) -> Place | None:
    """Return where the kernel stood, by the first line that shows the program counter with a symbol."""
    for line in lines:
        if _REGISTER.search(line.text) and (found := place(line.text)) is not None:
            return found
    return None


def trace(lines: Sequence[Line]) -> tuple[Frame, ...]:
    """Return the frames of the first stack trace that has any; another one's begin ends it."""
    frames: list[Frame] = []
    section: str | None = None
    inside = False
    for line in lines:
        text = line.text.strip()
        if _START.search(text) and "+0x" not in text:
            if frames:
                break
            inside = True
        elif inside and (mark := _SECTION.match(text)):
            section = None if text.startswith("</") else mark[1].lower()
            if "+0x" in text and (frame := _frame(text, section)):
                frames.append(frame)
        elif inside and (frame := _frame(text, section)):
            frames.append(frame)
        elif frames and text.startswith(("---[", "Code:", "Modules linked in", "Allocated by", "Freed by", "==")):
            break
        if len(frames) == MOST:
            break
    return tuple(frames)


def _frame(text: str, section: str | None) -> Frame | None:
    found = _PLACE.search(text)
    if found is None or len(text) > 400 or found.start() > 64 or text.startswith(("RIP:", "Code:", "CPU:", "RSP:")):
        return None
    reliable = "? " not in text[: found.start()]
    return Frame(found[1], int(found[2], 16), int(found[3], 16), found[4], reliable, section)


def culprit(frames: Iterable[Frame]) -> str | None:
    """Return the function at fault: the first reliable frame that is not common machinery."""
    known = [frame for frame in frames if frame.reliable] or list(frames)
    return next((bare(frame.symbol) for frame in known if not is_common(frame.symbol)), None)


def is_common(symbol: str) -> bool:
    """Is this function machinery that stands in everybody's stack?"""
    return COMMON.match(symbol) is not None


def bare(symbol: str) -> str:
    """Return a symbol without what the compiler hung on it."""
    return _SUFFIX.sub("", symbol)
