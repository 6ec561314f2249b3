// SPDX-License-Identifier: GPL-2.0
/*
 * A driver with the commonest fault of drivers: it believes that its device is there.
 *
 * Loading it never returns where kernel.panic_on_oops is set. For guests of the lab only.
 */
#include <linux/module.h>

struct lab_device {
	unsigned long id;
	unsigned long state;
};

/* Volatile, so that the compiler may not conclude what we know. */
static struct lab_device *volatile lab_device;

static noinline void lab_reset_device(struct lab_device *device)
{
	device->state = 1;
}

static int __init lab_fault_init(void)
{
	lab_reset_device(lab_device);
	return 0;
}
module_init(lab_fault_init);

MODULE_DESCRIPTION("follows a null pointer");
MODULE_LICENSE("GPL");
