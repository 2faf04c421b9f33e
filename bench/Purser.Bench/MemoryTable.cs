using System.Globalization;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Perfolizer.Horology;

namespace Purser.Bench;

/// <summary>
/// BenchmarkDotNet's table of the crypto benchmarks, for its memory column: what one verify of a hand-laid struct allocates. Run in
/// this process, which needs no second build; the times beside it are for orientation, the table with the peers is what counts.
/// </summary>
internal static class MemoryTable
{
    internal static int Run(string resultFile, TimeProvider clock)
    {
        var job = Job.Default.WithToolchain(InProcessEmitToolchain.Instance)
            .WithWarmupCount(3).WithIterationCount(7).WithIterationTime(TimeInterval.FromMilliseconds(150));
        var artifacts = Path.Combine(Path.GetTempPath(), $"purser-bench-{Environment.ProcessId}");
        var config = ManualConfig.CreateEmpty().AddJob(job)
            .AddDiagnoser(MemoryDiagnoser.Default)
            .AddColumnProvider(DefaultConfig.Instance.GetColumnProviders().ToArray())
            .AddLogger(ConsoleLogger.Default)
            .AddExporter(MarkdownExporter.GitHub)
            .WithArtifactsPath(artifacts);
        try
        {
            var summary = BenchmarkRunner.Run<CryptoBenchmarks>(config);
            var table = Directory.GetFiles(Path.Combine(artifacts, "results"), "*-report-github.md").Single();
            File.WriteAllText(resultFile, string.Create(
                CultureInfo.InvariantCulture,
                $"# Crypto, with what it allocates\n\n{clock.GetUtcNow():yyyy-MM-dd HH:mm} UTC; BenchmarkDotNet in one process, written by `bench/run.sh`. `-` in the last column is 0 B an operation.\n\n{File.ReadAllText(table).Trim()}\n"));
            var allocating = summary.Reports.Where(report => report.GcStats.GetBytesAllocatedPerOperation(report.BenchmarkCase) != 0).ToList();
            allocating.ForEach(report => Console.Error.WriteLine($"bench: {report.BenchmarkCase.Descriptor.WorkloadMethod.Name} allocates"));
            return summary.Reports.Length == summary.BenchmarksCases.Length && allocating.Count == 0 ? 0 : 1;
        }
        finally
        {
            Directory.Delete(artifacts, recursive: true);
        }
    }
}
