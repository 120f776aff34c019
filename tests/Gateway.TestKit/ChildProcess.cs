using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Gateway.TestKit;

/// <summary>A process a test started: its output is kept, and it dies with the test process, however that ends.</summary>
public sealed class ChildProcess : IAsyncDisposable
{
    private const int MaxLogChars = 4 * 1024 * 1024;

    private readonly StringBuilder log = new();
    private readonly Process process;

    private ChildProcess(Process process) => this.process = process;

    public int Id => process.Id;

    public bool HasExited => process.HasExited;

    public int ExitCode => process.ExitCode;

    public string Log
    {
        get
        {
            lock (log)
            {
                return log.ToString();
            }
        }
    }

    /// <summary>Peak resident memory in bytes.</summary>
    public long PeakMemoryBytes => Status("VmHWM");

    public long MemoryBytes => Status("VmRSS");

    /// <param name="program">By its path, or to be found.</param>
    /// <param name="arguments">Each as one text.</param>
    /// <param name="environment">Beside the test's own.</param>
    /// <param name="onLine">Told each line of output as it comes.</param>
    public static ChildProcess Start(string program, IEnumerable<string> arguments, IEnumerable<KeyValuePair<string, string?>>? environment = null, Action<string>? onLine = null)
    {
        // setpriv has the kernel kill the child when its parent is gone: a crashed test run leaves nothing.
        var start = new ProcessStartInfo("setpriv", ["--pdeathsig", "KILL", "--", program, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            UseShellExecute = false,
        };
        foreach (var (name, value) in environment ?? [])
        {
            start.Environment[name] = value;
        }

        var child = new ChildProcess(new Process { StartInfo = start });
        child.process.OutputDataReceived += (_, line) =>
        {
            child.Append(line.Data);
            if (line.Data is { } text)
            {
                onLine?.Invoke(text);
            }
        };
        child.process.ErrorDataReceived += (_, line) => child.Append(line.Data);
        // The thread that starts a child is its parent to the kernel, so it must be one that lives on.
        Starter.Run(() => child.process.Start());
        child.process.StandardInput.Close();
        child.process.BeginOutputReadLine();
        child.process.BeginErrorReadLine();
        return child;
    }

    /// <summary>Runs a command to its end and gives its output; a failure throws with it.</summary>
    public static async Task<string> RunAsync(string program, params string[] arguments)
    {
        var (exit, output) = await TryRunAsync(program, arguments);
        return exit is 0 ? output : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {exit}: {output}");
    }

    public static async Task<(int Exit, string Output)> TryRunAsync(string program, params string[] arguments)
    {
        using var command = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false })!;
        var error = command.StandardError.ReadToEndAsync();
        var output = await command.StandardOutput.ReadToEndAsync();
        await command.WaitForExitAsync();
        return (command.ExitCode, command.ExitCode is 0 ? output : output + await error);
    }

    /// <summary>SIGKILL.</summary>
    public async Task KillAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
    }

    /// <summary>Waits for the end of a process whose connections have broken: that comes a moment after. Ends in silence where it lives on.</summary>
    public async Task HasEndedAsync()
    {
        for (var tries = 0; !HasExited && tries < 20; tries++)
        {
            await Task.Delay(10);
        }
    }

    /// <summary>SIGTERM, then up to a minute of patience.</summary>
    public async Task<int> TerminateAsync()
    {
        await RunAsync("kill", "-TERM", process.Id.ToString(CultureInfo.InvariantCulture));
        return await ExitAsync();
    }

    /// <summary>Waits up to a minute for the end of the process and of its output: the last lines come a moment after the end.</summary>
    public async Task<int> ExitAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        await process.WaitForExitAsync(patience.Token);
        return process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            await KillAsync();
        }

        process.Dispose();
    }

    private void Append(string? line)
    {
        lock (log)
        {
            // Of what is too much, a secret is kept all the same: it is looked for at the end.
            if (line is not null && (log.Length < MaxLogChars || Canary.Any(line).Count > 0))
            {
                log.AppendLine(line);
            }
        }
    }

    private long Status(string field) => File.ReadLines($"/proc/{process.Id}/status")
        .Where(line => line.StartsWith(field + ":", StringComparison.Ordinal))
        .Select(line => long.Parse(line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024)
        .First();

    private static class Starter
    {
        private static readonly System.Collections.Concurrent.BlockingCollection<(Action Work, TaskCompletionSource Done)> Queue = [];

        static Starter() => new Thread(Work) { IsBackground = true, Name = "child starter" }.Start();

        public static void Run(Action work)
        {
            var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Queue.Add((work, done));
            done.Task.GetAwaiter().GetResult();
        }

        private static void Work()
        {
            foreach (var (work, done) in Queue.GetConsumingEnumerable())
            {
                try
                {
                    work();
                    done.SetResult();
                }
                catch (Exception failure)
                {
                    done.SetException(failure);
                }
            }
        }
    }
}
