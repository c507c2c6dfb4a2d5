--- Specs of spiking networks in Neovim 0.10 or newer: starts `snnc lsp` for them.
local M = {}

--- What `setup` may be told, and what holds otherwise.
M.defaults = {
  cmd = { "snnc", "lsp" },
  device = "loihi1",
  format_on_save = true,
  inlay_hints = true,
}

--- Whether a YAML buffer is a spec: the server has nothing to say of others.
local function is_spec(buffer)
  if vim.bo[buffer].filetype ~= "yaml" then
    return true
  end
  for _, line in ipairs(vim.api.nvim_buf_get_lines(buffer, 0, 40, false)) do
    if line:match("^snn%s*:") then
      return true
    end
  end
  return false
end

local function attach(options, client, buffer)
  if options.inlay_hints then
    vim.lsp.inlay_hint.enable(true, { bufnr = buffer })
  end
  if options.format_on_save then
    vim.api.nvim_create_autocmd("BufWritePre", {
      group = vim.api.nvim_create_augroup("snnc." .. buffer, {}),
      buffer = buffer,
      callback = function()
        vim.lsp.buf.format({ bufnr = buffer, id = client.id })
      end,
    })
  end
end

--- Start the server for a buffer, or let the one that is there take it.
local function start(options, buffer)
  if not is_spec(buffer) then
    return
  end
  vim.lsp.start({
    name = "snnc",
    cmd = options.cmd,
    root_dir = vim.fs.root(buffer, { "pyproject.toml", ".git" }),
    settings = { snnc = { device = options.device } },
    on_attach = function(client, attached)
      attach(options, client, attached)
    end,
  }, { bufnr = buffer })
end

function M.setup(given)
  local options = vim.tbl_extend("force", M.defaults, given or {})
  vim.api.nvim_create_autocmd("FileType", {
    group = vim.api.nvim_create_augroup("snnc", {}),
    pattern = { "snn", "yaml" },
    callback = function(event)
      start(options, event.buf)
    end,
  })
end

return M
