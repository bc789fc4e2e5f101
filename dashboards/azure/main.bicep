// The workbook and the alert rules for voice agents, beside an Application Insights resource that
// is there already.
//
//   az deployment group create --resource-group GROUP --template-file dashboards/azure/main.bicep \
//     --parameters applicationInsightsName=NAME

@description('The Application Insights resource that the telemetry goes to; in the same group.')
param applicationInsightsName string

@description('Where the workbook and the rules are kept.')
param location string = resourceGroup().location

@description('What the workbook is called in the portal.')
param workbookName string = 'Voice agents'

@description('Action groups, by their resource ids, that alerts are sent to; none: they only show in the portal.')
param actionGroupIds array = []

@description('Whether the rules are switched on.')
param alertsEnabled bool = true

@description('Seconds: alert if of the waits for the agent one in twenty is longer.')
param slowAnswerSeconds int = 3

@description('Percent: alert if more sessions end in an error.')
param failedSessionPercent int = 5

@description('Percent: alert if more calls of one tool fail.')
param toolFailurePercent int = 10

@description('Percent: alert if the user cuts more answers off.')
param interruptionPercent int = 30

@description('US dollars: alert if the sessions that ended within an hour cost more.')
param costPerHour int = 50

@description('Alert if users wait through more silences of two seconds, within a quarter of an hour.')
param deadAirCount int = 20

resource applicationInsights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: applicationInsightsName
}

resource workbook 'Microsoft.Insights/workbooks@2022-04-01' = {
  name: guid(resourceGroup().id, applicationInsightsName, 'otel-realtime')
  location: location
  kind: 'shared'
  properties: {
    displayName: workbookName
    category: 'workbook'
    sourceId: applicationInsights.id
    version: 'Notebook/1.0'
    serializedData: loadTextContent('workbook.json')
  }
}

var rules = [
  {
    name: 'slow-answers'
    title: 'Voice agents: slow answers'
    severity: 2
    query: loadTextContent('queries/alert_slow_answers.kql')
    window: 'PT15M'
    threshold: slowAnswerSeconds
    dimensions: []
  }
  {
    name: 'failed-sessions'
    title: 'Voice agents: failed sessions'
    severity: 1
    query: loadTextContent('queries/alert_failed_sessions.kql')
    window: 'PT15M'
    threshold: failedSessionPercent
    dimensions: []
  }
  {
    name: 'tool-failures'
    title: 'Voice agents: tool failures'
    severity: 2
    query: loadTextContent('queries/alert_tool_failures.kql')
    window: 'PT15M'
    threshold: toolFailurePercent
    dimensions: [
      {
        name: 'tool'
        operator: 'Include'
        values: ['*']
      }
    ]
  }
  {
    name: 'interruptions'
    title: 'Voice agents: interruptions'
    severity: 3
    query: loadTextContent('queries/alert_interruptions.kql')
    window: 'PT1H'
    threshold: interruptionPercent
    dimensions: []
  }
  {
    name: 'cost'
    title: 'Voice agents: cost'
    severity: 3
    query: loadTextContent('queries/alert_cost.kql')
    window: 'PT1H'
    threshold: costPerHour
    dimensions: []
  }
  {
    name: 'dead-air'
    title: 'Voice agents: dead air'
    severity: 3
    query: loadTextContent('queries/alert_dead_air.kql')
    window: 'PT15M'
    threshold: deadAirCount
    dimensions: []
  }
]

resource alerts 'Microsoft.Insights/scheduledQueryRules@2022-06-15' = [
  for rule in rules: {
    name: '${applicationInsightsName}-voice-${rule.name}'
    location: location
    properties: {
      displayName: rule.title
      description: substring(split(rule.query, '\n')[0], 3)
      severity: rule.severity
      enabled: alertsEnabled
      scopes: [applicationInsights.id]
      evaluationFrequency: 'PT5M'
      windowSize: rule.window
      criteria: {
        allOf: [
          {
            query: rule.query
            timeAggregation: 'Maximum'
            metricMeasureColumn: 'value'
            dimensions: rule.dimensions
            operator: 'GreaterThan'
            threshold: rule.threshold
            failingPeriods: {
              numberOfEvaluationPeriods: 1
              minFailingPeriodsToAlert: 1
            }
          }
        ]
      }
      autoMitigate: true
      actions: {
        actionGroups: actionGroupIds
      }
    }
  }
]

output workbookId string = workbook.id
