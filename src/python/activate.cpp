#include "python/activate.h"

namespace pipit::python {
namespace {

std::string replaced(std::string_view text, std::string_view wanted, std::string_view by) {
  std::string out;
  while (true) {
    const std::size_t at = text.find(wanted);
    out += text.substr(0, at);
    if (at == std::string_view::npos) return out;
    out += by;
    text.remove_prefix(at + wanted.size());
  }
}

// One pass over the template, so that a directory called "@PROMPT@" stays what it is.
std::string filled(std::string_view text, std::string_view directory, std::string_view prompt, std::string_view shown) {
  std::string out;
  while (true) {
    const std::size_t at = text.find('@');
    out += text.substr(0, at);
    if (at == std::string_view::npos) return out;
    const std::size_t end = text.find('@', at + 1);
    const std::string_view word = text.substr(at + 1, end - at - 1);
    out += word == "DIRECTORY" ? directory : word == "PROMPT" ? prompt : shown;
    text.remove_prefix(end + 1);
  }
}

// Shells expand what stands in a prompt: `$(...)`, back-ticks, `\h`, `%n`, `!`. None of it is meant here.
std::string prompt_safe(std::string_view prompt) {
  std::string out;
  for (char c : prompt) {
    const auto byte = static_cast<unsigned char>(c);
    out += byte < 0x20 || byte == 0x7f || std::string_view("$`\\%!").find(c) != std::string_view::npos ? '_' : c;
  }
  return out;
}

constexpr std::string_view kSh = R"(# For sh, bash, zsh and ksh; source it:  . bin/activate
# `deactivate` puts back what is changed here.

deactivate () {
    if [ "${_OLD_VIRTUAL_PATH+set}" = set ]; then
        PATH=$_OLD_VIRTUAL_PATH
        export PATH
        unset _OLD_VIRTUAL_PATH
    fi
    if [ "${_OLD_VIRTUAL_PYTHONHOME+set}" = set ]; then
        PYTHONHOME=$_OLD_VIRTUAL_PYTHONHOME
        export PYTHONHOME
        unset _OLD_VIRTUAL_PYTHONHOME
    fi
    if [ "${_OLD_VIRTUAL_PS1+set}" = set ]; then
        PS1=$_OLD_VIRTUAL_PS1
        unset _OLD_VIRTUAL_PS1
    fi
    unset VIRTUAL_ENV VIRTUAL_ENV_PROMPT
    hash -r 2>/dev/null || :
    if [ "${1:-}" != nondestructive ]; then
        unset -f deactivate
    fi
}

# Leave the environment that is active, whoever made it.
deactivate nondestructive

VIRTUAL_ENV=@DIRECTORY@
VIRTUAL_ENV_PROMPT=@PROMPT@
export VIRTUAL_ENV VIRTUAL_ENV_PROMPT

_OLD_VIRTUAL_PATH=${PATH-}
PATH=$VIRTUAL_ENV/bin${PATH:+":$PATH"}
export PATH

if [ "${PYTHONHOME+set}" = set ]; then
    _OLD_VIRTUAL_PYTHONHOME=$PYTHONHOME
    unset PYTHONHOME
fi

if [ -z "${VIRTUAL_ENV_DISABLE_PROMPT-}" ]; then
    _OLD_VIRTUAL_PS1=${PS1-}
    PS1=@SHOWN@${PS1-}
fi

hash -r 2>/dev/null || :
)";

// csh has no functions: `deactivate` sources this file again with a flag set.
constexpr std::string_view kCsh = R"(# For csh and tcsh; source it:  source bin/activate.csh
# `deactivate` puts back what is changed here.

if ( $?_OLD_VIRTUAL_PATH ) then
    setenv PATH $_OLD_VIRTUAL_PATH:q
    unset _OLD_VIRTUAL_PATH
endif
if ( $?_OLD_VIRTUAL_PYTHONHOME ) then
    setenv PYTHONHOME $_OLD_VIRTUAL_PYTHONHOME:q
    unset _OLD_VIRTUAL_PYTHONHOME
endif
if ( $?_OLD_VIRTUAL_PROMPT ) then
    set prompt = $_OLD_VIRTUAL_PROMPT:q
    unset _OLD_VIRTUAL_PROMPT
endif

if ( $?_pipit_leave ) then
    unset _pipit_leave
    unsetenv VIRTUAL_ENV
    unsetenv VIRTUAL_ENV_PROMPT
    unalias deactivate
else
    setenv VIRTUAL_ENV @DIRECTORY@
    setenv VIRTUAL_ENV_PROMPT @PROMPT@
    alias deactivate 'set _pipit_leave; source $VIRTUAL_ENV:q/bin/activate.csh'
    set _OLD_VIRTUAL_PATH = $PATH:q
    setenv PATH $VIRTUAL_ENV:q/bin:$PATH:q
    if ( $?PYTHONHOME ) then
        set _OLD_VIRTUAL_PYTHONHOME = $PYTHONHOME:q
        unsetenv PYTHONHOME
    endif
    if ( ! $?VIRTUAL_ENV_DISABLE_PROMPT ) then
        if ( $?prompt ) then
            set _OLD_VIRTUAL_PROMPT = $prompt:q
            set prompt = @SHOWN@$prompt:q
        endif
    endif
endif
rehash
)";

constexpr std::string_view kFish = R"(# For fish; source it:  source bin/activate.fish
# `deactivate` puts back what is changed here.

function deactivate -d 'Leave the virtual environment'
    if set -q _OLD_VIRTUAL_PATH
        set -gx PATH $_OLD_VIRTUAL_PATH
        set -e _OLD_VIRTUAL_PATH
    end
    if set -q _OLD_VIRTUAL_PYTHONHOME
        set -gx PYTHONHOME $_OLD_VIRTUAL_PYTHONHOME
        set -e _OLD_VIRTUAL_PYTHONHOME
    end
    if set -q _OLD_FISH_PROMPT_OVERRIDE
        set -e _OLD_FISH_PROMPT_OVERRIDE
        if functions -q _old_fish_prompt
            functions -e fish_prompt
            functions -c _old_fish_prompt fish_prompt
            functions -e _old_fish_prompt
        end
    end
    set -e VIRTUAL_ENV
    set -e VIRTUAL_ENV_PROMPT
    if test "$argv[1]" != nondestructive
        functions -e deactivate
    end
end

# Leave the environment that is active, whoever made it.
deactivate nondestructive

set -gx VIRTUAL_ENV @DIRECTORY@
set -gx VIRTUAL_ENV_PROMPT @PROMPT@

set -gx _OLD_VIRTUAL_PATH $PATH
set -gx PATH $VIRTUAL_ENV/bin $PATH

if set -q PYTHONHOME
    set -gx _OLD_VIRTUAL_PYTHONHOME $PYTHONHOME
    set -e PYTHONHOME
end

if test -z "$VIRTUAL_ENV_DISABLE_PROMPT"; and functions -q fish_prompt
    functions -c fish_prompt _old_fish_prompt
    function fish_prompt
        set -l pipit_last_status $status
        printf '(%s) ' $VIRTUAL_ENV_PROMPT
        # The prompt that was there before wants to see the status of the last command.
        function _pipit_status -a code; return $code; end
        _pipit_status $pipit_last_status
        _old_fish_prompt
    end
    set -gx _OLD_FISH_PROMPT_OVERRIDE $VIRTUAL_ENV
end
)";

constexpr std::string_view kPowerShell = R"(# For PowerShell; run it:  bin/Activate.ps1
# `deactivate` puts back what is changed here.

function global:deactivate ([switch]$NonDestructive) {
    if (Test-Path -Path Variable:global:_OLD_VIRTUAL_PATH) {
        $env:PATH = $global:_OLD_VIRTUAL_PATH
        Remove-Variable -Name _OLD_VIRTUAL_PATH -Scope Global -Force
    }
    if (Test-Path -Path Variable:global:_OLD_VIRTUAL_PYTHONHOME) {
        $env:PYTHONHOME = $global:_OLD_VIRTUAL_PYTHONHOME
        Remove-Variable -Name _OLD_VIRTUAL_PYTHONHOME -Scope Global -Force
    }
    if (Test-Path -Path Function:global:_old_virtual_prompt) {
        Copy-Item -Path Function:global:_old_virtual_prompt -Destination Function:global:prompt -Force
        Remove-Item -Path Function:global:_old_virtual_prompt -Force
    }
    Remove-Item -Path Env:VIRTUAL_ENV -ErrorAction SilentlyContinue
    Remove-Item -Path Env:VIRTUAL_ENV_PROMPT -ErrorAction SilentlyContinue
    if (-not $NonDestructive) {
        Remove-Item -Path Function:global:deactivate -Force
    }
}

# Leave the environment that is active, whoever made it.
deactivate -NonDestructive

$env:VIRTUAL_ENV = @DIRECTORY@
$env:VIRTUAL_ENV_PROMPT = @PROMPT@

$global:_OLD_VIRTUAL_PATH = $env:PATH
$env:PATH = $env:VIRTUAL_ENV + '/bin' + [System.IO.Path]::PathSeparator + $env:PATH

if (Test-Path -Path Env:PYTHONHOME) {
    $global:_OLD_VIRTUAL_PYTHONHOME = $env:PYTHONHOME
    Remove-Item -Path Env:PYTHONHOME
}

if (-not $env:VIRTUAL_ENV_DISABLE_PROMPT) {
    Copy-Item -Path Function:prompt -Destination Function:global:_old_virtual_prompt -Force
    function global:prompt {
        Write-Host -NoNewline @SHOWN@
        _old_virtual_prompt
    }
}
)";

}  // namespace

std::string quote_sh(std::string_view text) { return "'" + replaced(text, "'", "'\\''") + "'"; }

// Single quotes stop neither history (`!`) nor the end of a line.
std::string quote_csh(std::string_view text) {
  return "'" + replaced(replaced(replaced(text, "'", "'\\''"), "!", "\\!"), "\n", "\\\n") + "'";
}

std::string quote_fish(std::string_view text) { return "'" + replaced(replaced(text, "\\", "\\\\"), "'", "\\'") + "'"; }

// PowerShell takes the four typographic single quotes (U+2018 to U+201B) for the plain one.
std::string quote_powershell(std::string_view text) {
  std::string out = replaced(text, "'", "''");
  for (std::string_view mark : {"\xe2\x80\x98", "\xe2\x80\x99", "\xe2\x80\x9a", "\xe2\x80\x9b"})
    out = replaced(out, mark, std::string(mark) + std::string(mark));
  return "'" + out + "'";
}

std::string activate_sh(std::string_view directory, std::string_view prompt) {
  return filled(kSh, quote_sh(directory), quote_sh(prompt), quote_sh("(" + prompt_safe(prompt) + ") "));
}
std::string activate_csh(std::string_view directory, std::string_view prompt) {
  return filled(kCsh, quote_csh(directory), quote_csh(prompt), quote_csh("(" + prompt_safe(prompt) + ") "));
}
std::string activate_fish(std::string_view directory, std::string_view prompt) {
  return filled(kFish, quote_fish(directory), quote_fish(prompt), "");
}
std::string activate_powershell(std::string_view directory, std::string_view prompt) {
  return filled(kPowerShell, quote_powershell(directory), quote_powershell(prompt), quote_powershell("(" + std::string(prompt) + ") "));
}

}  // namespace pipit::python
