vim.filetype.add({ extension = { snn = "snn" } })
