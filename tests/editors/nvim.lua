-- Run by test_nvim.py: what a user does in an editor, and what is to be seen after it.
local python, spec = vim.env.SNNC_PYTHON, vim.env.SNNC_SPEC
local seen = {}

require("snnc").setup({ cmd = { python, "-m", "snnc", "lsp" } })

local function wait(what, is_so)
  assert(vim.wait(60000, is_so, 20), "there is no end to waiting for " .. what)
end

vim.cmd.edit(spec)
local buffer = vim.api.nvim_get_current_buf()

local function lines()
  return vim.api.nvim_buf_get_lines(buffer, 0, -1, false)
end

local function cursor(pattern)
  for number, line in ipairs(lines()) do
    local column = line:find(pattern)
    if column then
      vim.api.nvim_win_set_cursor(0, { number, column - 1 })
      return
    end
  end
  error("no " .. pattern)
end

local function hints()
  local found = {}
  for _, hint in ipairs(vim.lsp.inlay_hint.get({ bufnr = buffer })) do
    table.insert(found, hint.inlay_hint.label)
  end
  return found
end

wait("diagnostics", function()
  return #vim.diagnostic.get(buffer) > 0
end)
seen.diagnostics = vim.tbl_map(function(d)
  return { d.code, d.lnum, d.col, (d.message:gsub("\n.*", "")) }
end, vim.diagnostic.get(buffer))

cursor("unit 64")
vim.lsp.buf.code_action({ apply = true, context = { only = { "quickfix" }, diagnostics = {} } })
wait("the fix", function()
  return table.concat(lines(), "\n"):find("units 64") ~= nil
end)
wait("no diagnostics", function()
  return #vim.diagnostic.get(buffer) == 0
end)
wait("costs", function()
  return #hints() == 5 and hints()[1]:find("cores") ~= nil
end)
seen.hints = hints()

cursor("c1 {")
vim.lsp.buf.rename("second")
wait("the name", function()
  return table.concat(lines(), "\n"):find("second {") ~= nil
end)

vim.cmd.write()
wait("the layout", function()
  return not vim.bo[buffer].modified
end)
seen.saved = table.concat(vim.fn.readfile(spec), "\n")
seen.kind = vim.bo[buffer].filetype
vim.fn.writefile({ vim.json.encode(seen) }, vim.env.SNNC_SEEN)
vim.cmd.quitall({ bang = true })
