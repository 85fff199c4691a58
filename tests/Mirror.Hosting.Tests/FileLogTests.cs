using Microsoft.Extensions.Logging;
using Mirror.Hosting.Settings;

namespace Mirror.Hosting.Tests;

public sealed class FileLogTests
{
    [Fact]
    public void A_log_is_appended_a_line_an_entry_and_no_text_makes_two()
    {
        string file = Path.Combine(Path.GetTempPath(), $"dml-{Guid.NewGuid():N}.log");
        try
        {
            for (int i = 0; i < 2; i++)
            {
                using ILoggerFactory logs = LogSetup.Create(new LogSettings { Path = file, Level = LogLevel.Warning });
                ILogger logger = logs.CreateLogger("Test");
#pragma warning disable CA1848, CA2254 // The text is the test.
                logger.LogInformation("not this");
                logger.LogWarning(7, "first\nREADY");
                logger.LogError(new IOException("the cause"), "second");
#pragma warning restore CA1848, CA2254
            }
            string[] lines = File.ReadAllLines(file);
            Assert.Equal(4, lines.Length);
            Assert.EndsWith(" warning Test[7] first READY", lines[0]);
            Assert.Contains(" error Test[0] second: System.IO.IOException: the cause", lines[3]);
        }
        finally
        {
            File.Delete(file);
        }
    }
}
